import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import type { ReplayOutput } from "../../admin/commands/dead-letters/replay-output.ts";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { deadLetters, putAll } from "../equipment/dead-letter-seeds.ts";
import { startEngines } from "../equipment/admin-engines.ts";

const main = join(import.meta.dirname, "..", "..", "cli", "main.ts");
const timeout = 90_000;
t.setTimeout(timeout);

function start(line: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [main, ...line], { env: { ...process.env, ...env } });
  t.teardown(() => child.kill("SIGKILL"));
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...texts }));
  return { child, ended, texts };
}

t.test("as a process it ends with the codes that scripts go by", async (t) => {
  const runs = [["--help"], ["quue"], ["queue", "--local"]].map((line) => start(line, { SQS_PORT: "1" }).ended);
  const [help, wrong, nowhere] = await Promise.all(runs);
  t.match(help, { code: 0, stdout: /Usage: turnout/, stderr: "" });
  t.match(wrong, { code: 2, stdout: "", stderr: /Did you mean queue/ });
  t.match(nowhere, { code: 2, stdout: "", stderr: /npm start/ });
});

t.test("without credentials it says what to do, and shows no stack", async (t) => {
  const { code, stderr } = await start(["registrations", "find", "ann@example.org"], {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_PROFILE: "",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/1/q",
    DEAD_LETTER_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/1/d",
    REGISTRATIONS_TABLE: "registrations",
    DEAD_LETTERS_TABLE: "dead-letters",
    OUTCOMES_TABLE: "outcomes",
    ACTIVITY_TABLE: "activity",
    CONTROLS_TABLE: "controls",
  }).ended;
  t.equal(code, 1);
  t.match(stderr, /There are no valid AWS credentials.*--profile/);
  t.notMatch(stderr, /^\s+at /m);
});

t.test("a reader that goes away does not bring it down", async (t) => {
  const { child, ended } = start(["--help"]);
  child.stdout.destroy();
  const { stderr } = await ended;
  t.notMatch(stderr, "EPIPE");
});

t.test("Ctrl-C stops a replay, which says what was done and what was not", { timeout }, async (t) => {
  const { env, connection } = await startEngines(t, ["worker"]);
  const records = deadLetters(60);
  await putAll(connection.documents, connection.deadLettersTable, records);
  const line = ["dead-letters", "replay", "--all", "--execute", "--rate", "5", "--json"];
  const { child, ended } = start(line, env);
  const store = createDeadLetterStore(connection.documents, connection.deadLettersTable);
  const ids = records.map(({ id }) => id);
  const { signal } = new AbortController();
  const closed = async () =>
    [...(await store.readMany(ids, signal)).values()].filter(({ state }) => state === "resolved").length;
  while ((await closed()) < 2) await delay(50);
  child.kill("SIGINT");
  const { code, stdout } = await ended;
  t.equal(code, 1);
  const { sent, counts, stopped, outcomes } = JSON.parse(stdout) as ReplayOutput;
  t.equal(stopped?.code, "interrupted");
  t.ok(counts.untouched > 0, "control: it was stopped before its end");
  t.equal(counts.resolved + counts.unknown, sent, "each that was sent has an outcome or is told to have none yet");
  t.equal(counts.untouched, 60 - sent);
  t.equal(outcomes.length, sent);
});
