import t from "tap";
import { createLocalStack, type LocalStackOptions } from "../../local/stack.ts";
import { confirmed, register, status } from "../local/attendee.ts";

t.test("a data folder keeps table, queue and receipts from one stack to the next, on other ports", async (t) => {
  const options: LocalStackOptions = { dataFolder: t.testdir() };
  const first = createLocalStack(options);
  t.teardown(() => first.stop());
  const { web = "" } = await first.start();
  const stored = await register(web, "stored@example.org");
  await confirmed(web, stored.location);
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
