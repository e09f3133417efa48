/**
 * A known address and a foreign receipt are answered like any other, byte for byte, and no attendee's data ends up in a log.
 * Whether times or states give an address away is tried in `distinguisher.system.test.ts`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import { createLocalStack } from "../../local/stack.ts";
import { eventually } from "../equipment/eventually.ts";

t.setTimeout(120_000);

const stack = createLocalStack({ environment: { LOG_LEVEL: "trace" }, periodicTasks: false });
t.teardown(() => stack.stop());
const { web } = await stack.start();

interface Accepted {
  readonly receipt: string;
  readonly statusUrl: string;
}

/** In every address and every name of this file, so that a log can be searched for it. */
const seed = "zq7seeded";

async function register(email: string, name = `${seed} Person`): Promise<{ response: Response; ms: number }> {
  const startedAt = performance.now();
  const response = await fetch(`${web}/registrations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, name }),
  });
  return { response, ms: performance.now() - startedAt };
}

async function status(statusUrl: string): Promise<{ body: Record<string, unknown>; ms: number }> {
  const startedAt = performance.now();
  const response = await fetch(`${web}${statusUrl}`);
  const body = (await response.json()) as Record<string, unknown>;
  return { body, ms: performance.now() - startedAt };
}

async function confirmed(statusUrl: string): Promise<void> {
  await eventually(async () => (await status(statusUrl)).body.status === "confirmed", "confirmed", 20_000);
}

/** What an answer looks like with the one thing taken out that has to differ. */
async function shape(response: Response): Promise<string> {
  const text = await response.text();
  const { receipt } = JSON.parse(text) as Accepted;
  const headers = [...response.headers].filter(([name]) => name !== "date");
  return JSON.stringify([response.status, headers, text]).replaceAll(receipt, "R".repeat(receipt.length));
}

t.test("a new and a known address get the same answer, byte for byte but for the receipt", async (t) => {
  const first = await register(`${seed}-known@example.org`);
  const { statusUrl } = (await first.response.clone().json()) as Accepted;
  await confirmed(statusUrl);
  const known = await register(`${seed}-known@example.org`);
  const fresh = await register(`${seed}-fresh@example.org`);
  t.equal(await shape(known.response), await shape(fresh.response));
});

t.test("how far the queue is says nothing of a single registration, whether it is known or new", async (t) => {
  const seen = new Set<string>();
  for (const name of ["progress-known", "progress-known", "progress-fresh"]) {
    await register(`${seed}-${name}@example.org`);
    // Each poll of the tier is seen: there is at most one in two seconds.
    for (let asked = 0; asked < 5; asked += 1) {
      const response = await fetch(`${web}/progress`);
      const { storedUntil, ...rest } = (await response.json()) as { storedUntil: string };
      const age = Date.now() - Date.parse(storedUntil);
      t.ok(age > -1_000 && age < 10_000, `${storedUntil}: nobody waits`);
      seen.add(JSON.stringify(rest));
      await delay(250);
    }
  }
  t.strictSame([...seen], [JSON.stringify({ waiting: 0, estimatedWaitSeconds: 0 })]);
});

t.test("receipts that are not ours get one and the same 404, whatever is wrong with them", async (t) => {
  const { response } = await register(`${seed}-receipt@example.org`);
  const { receipt } = (await response.json()) as Accepted;
  const last = receipt.at(-1) === "A" ? "B" : "A";
  const answers = await Promise.all(
    [
      `${receipt.slice(0, -1)}${last}`,
      receipt.slice(0, -4),
      `old.${receipt.split(".")[1]}`,
      "x",
      "a".repeat(5_000),
    ].map(async (forged) => {
      const answer = await fetch(`${web}/registrations/${forged}`);
      return `${answer.status} ${await answer.text()}`;
    }),
  );
  t.equal(new Set(answers).size, 1, answers[0]!);
  t.match(answers[0], /^404 /);
});

t.test("after all that, and at the most talkative level, no log holds an address, a name or a receipt", async (t) => {
  await register(`${seed} not an address`);
  await register(`${seed}-bad@example.org`, `${seed}\u0000`);
  const { response } = await register(`${seed}-last@example.org`);
  const { statusUrl, receipt } = (await response.json()) as Accepted;
  await confirmed(statusUrl);
  const folder = stack.dataFolder;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".log"));
  t.ok(files.length >= 2, `logs: ${files.join(", ")}`);
  await eventually(
    () => files.some((name) => readFileSync(join(folder, name), "utf8").includes("rejected")),
    "the web tier's log to be written out",
  );
  for (const name of files) {
    const text = readFileSync(join(folder, name), "utf8");
    t.notMatch(text, seed, name);
    t.notMatch(text, receipt, name);
  }
});
