import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createLocalStack, type LocalStackOptions } from "../../local/stack.ts";
import { confirmed, register, status } from "../local/attendee.ts";

t.test("a data folder keeps table, queue and receipts from one stack to the next, on other ports", async (t) => {
  const dataFolder = t.testdir();
  chmodSync(dataFolder, 0o755);
  const options: LocalStackOptions = { dataFolder };
  const first = createLocalStack(options);
  t.teardown(() => first.stop());
  const { web = "" } = await first.start();
  const stored = await register(web, "stored@example.org");
  await confirmed(web, stored.location);
  // While the engines have all their files open: databases, their logs and indexes.
  const files = readdirSync(dataFolder, { recursive: true }).map((name) => join(dataFolder, String(name)));
  t.ok(files.some((file) => file.endsWith("dynamodb.db-wal")) && files.length > 8, files.join(" "));
  for (const file of [dataFolder, ...files]) t.equal(lstatSync(file).mode & 0o077, 0, `${file} is its owner's alone`);
  first.kill("worker", "SIGSTOP");
  const queued = await register(web, "queued@example.org");
  t.equal(queued.status, 202);
  first.kill("worker", "SIGKILL");
  await first.stop();

  const second = createLocalStack(options);
  t.teardown(() => second.stop());
  const { web: again = "" } = await second.start();
  t.equal(await status(again, stored.location), "confirmed");
  await confirmed(again, queued.location);
});
