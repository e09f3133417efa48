/** A replay whose process is killed in the middle: what is left is resumed, stopped and resumed by other processes. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DeleteCommand, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import t from "tap";
import type { AuditReport } from "../../../../admin/audit/audit-report.ts";
import type { ReplayOutput } from "../../../../admin/commands/dead-letters/replay-output.ts";
import type { RunLine } from "../../../../admin/commands/dead-letters/runs/run-output.ts";
import { createDeadLetterStore } from "../../../../shared/dead-letters/dead-letter-store.ts";
import { createDeadLetterGroups } from "../../../../shared/dead-letters/groups.ts";
import { openLedger } from "../../../../admin/audit/ledger.ts";
import { eventually, stretched } from "../../../equipment/eventually.ts";
import { readStackIdentity } from "../../../../shared/aws/queue-counts.ts";
import { sized } from "../../../equipment/run-length.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, person, putAll } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const count = sized(1_000, 10_000);
/** Letters a second: slow enough to be killed and stopped on the way. */
const rate = sized(80, 400);
const timeout = 300_000 + count * 150;
t.setTimeout(timeout);

const { env, connection } = await startEngines(t, ["worker"]);
const { sqs, documents, queueUrl, deadLettersTable, controlsTable } = connection;
await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout: "2" } }));
const store = createDeadLetterStore(documents, deadLettersTable);
const { signal } = new AbortController();

const folder = mkdtempSync(join(tmpdir(), "turnout-replay-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const ledgerPath = join(folder, "ledger.jsonl");

async function states() {
  const groups = createDeadLetterGroups();
  await store.scan({}, signal, (records) => {
    for (const record of records) groups.add(record);
  });
  return groups.groups()[0]!.states;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...line: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const main = join(import.meta.dirname, "..", "..", "..", "..", "cli", "main.ts");
  const child = spawn(process.execPath, [main, "dead-letters", ...line, "--json"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (chunk: Buffer) => (texts[name] += chunk.toString()));
  }
  return { child, ended: once(child, "close").then(([code]) => ({ code: code as number | null, ...texts })) };
}

async function listed(): Promise<RunLine> {
  const { runs } = (await runCommand(["dead-letters", "runs", "--json"], { env })).json() as { runs: RunLine[] };
  t.equal(runs.length, 1);
  return runs[0]!;
}

async function resolvedAtLeast(share: number): Promise<void> {
  while ((await states()).resolved < count * share) await delay(50);
}

t.test(`${count} dead letters, whose replay is killed, resumed, stopped and resumed`, { timeout }, async (t) => {
  const ledger = openLedger(ledgerPath, await readStackIdentity(sqs, queueUrl));
  for (let number = 0; number < count; number += 1) {
    const { submittedAt: _, ...content } = person(number);
    ledger.record({ outcome: "accepted", ...content, status: 202, startedAt: 1, endedAt: 2 });
  }
  ledger.close();
  const letters = Array.from({ length: count }, (_, number) => deadLetter(number));
  await putAll(documents, deadLettersTable, letters);

  const killed = start("replay", "--all", "--execute", "--rate", String(rate), "--why", "mended");
  await resolvedAtLeast(0.1);
  killed.child.kill("SIGKILL");
  await killed.ended;
  const before = await states();
  t.ok(before.resolved < count / 2, "it was killed in the middle", { found: before });

  const { id } = await eventually(
    async () => (await listed()).state === "interrupted" && listed(),
    "everybody sees that it was interrupted",
    30_000,
  );
  const key = { TableName: controlsTable, Key: { id: `replay#${id}` } };
  const { Item } = await documents.send(new GetCommand(key));
  await documents.send(new DeleteCommand(key));
  t.match(await runCommand(["dead-letters", "runs", "resume", id], { env }), {
    code: 1,
    stderr: /TURNOUT_REPLAY_UNKNOWN/,
  });
  await documents.send(new PutCommand({ TableName: controlsTable, Item }));

  const [one, other] = [start("runs", "resume", id), start("runs", "resume", id)];
  const [loser, winner] = await Promise.race([
    one.ended.then((ended) => [ended, other] as const),
    other.ended.then((ended) => [ended, one] as const),
  ]);
  t.match(loser, { code: 1, stderr: /TURNOUT_REPLAY_RUNNING/ }, "of two, one resumes it");
  t.match(loser.stderr, `runs stop ${id}`);
  await resolvedAtLeast(0.4);

  const asked = performance.now();
  const stopped = await runCommand(["dead-letters", "runs", "stop", id, "--json"], { env });
  const tookMs = performance.now() - asked;
  t.match(stopped, { code: 0 });
  t.match(stopped.json(), { state: "stopped", stopped: { code: "interrupted", detail: /^stopped by / } });
  t.ok(tookMs < stretched(5_000), "within seconds", { found: tookMs });
  t.match(await winner.ended, { code: 1, stderr: new RegExp(`runs resume ${id}`) });
  const { untouched } = (await listed()).counts;
  t.ok(untouched > 0, "before it was done", { found: untouched });

  const resumed = await start("runs", "resume", id).ended;
  const output = JSON.parse(resumed.stdout) as ReplayOutput;
  t.equal(resumed.code, 0);
  t.match(output, { run: id, selected: count, sent: count, counts: { resolved: count }, stopped: null });
  t.ok(output.outcomes.length < count, "only what was left", { found: output.outcomes.length });
  t.match(await listed(), { state: "done", sent: count, counts: { resolved: count, untouched: 0 } });

  t.same(await states(), { open: 0, replayed: 0, storing: 0, resolved: count, discarded: 0 });
  await store.scan({}, signal, (records) => {
    for (const { id: letter, history } of records) {
      const what = history.map((entry) => entry.what).join(" ");
      // Killed between the send and the mark, nobody could tell the send.
      if (!/^failed (replayed )?resolved$/.test(what)) t.fail(`${letter} was settled otherwise than once: ${what}`);
    }
  });
  const audit = await runCommand(["audit", "--ledger", ledgerPath, "--json"], { env });
  const report = audit.json() as AuditReport;
  t.equal(audit.code, 0, "the audit is clean");
  t.match(report, { accepted: count, stored: count, both: count, lost: 0, duplicated: 0, unexpected: 0, corrupt: 0 });

  const log = (await runCommand(["log", "--json"], { env })).stdout;
  t.match(
    log,
    new RegExp(`started a replay of ${count} selected[^]*resumed[^]*stopped: sent[^]*resumed[^]*done: sent`),
  );
});
