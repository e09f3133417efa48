/** The log of Elastic Beanstalk's health agent, written by a web tier of its own process. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createLocalStack } from "../../local/stack.ts";

t.test("a tier has written a line for each answer when it has stopped", async (t) => {
  const folder = t.testdir();
  const stack = createLocalStack({
    tiers: ["web"],
    periodicTasks: false,
    environment: { HEALTH_LOG_FOLDER: folder, RATE_LIMIT_PER_MINUTE: "2" },
  });
  t.teardown(() => stack.stop());
  const { web } = await stack.start();
  const register = (email: string) =>
    fetch(`${web}/registrations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, name: "Ann" }),
    }).then(async (response) => {
      await response.text();
      return response.status;
    });
  const statuses = [await register("a@example.org"), await register("b@example.org"), await register("c@example.org")];
  t.same(statuses, [202, 202, 429]);
  await stack.stop();
  const names = readdirSync(folder);
  for (const name of names) t.match(name, /^application\.log\.\d{4}-\d\d-\d\d-\d\d$/);
  const lines = names.flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"));
  for (const line of lines) t.match(line, /^\d{10}\.\d{3}"\/"\d{3}"\d+\.\d{3}"\d+\.\d{3}"-$/);
  const count = (status: number) => lines.filter((line) => line.includes(`"${status}"`)).length;
  t.same([count(202), count(429)], [2, 1]);
});
