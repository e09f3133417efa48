/** Two admins replay the same dead letters at once, one of them is killed, and then it is done once more. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import t from "tap";
import type { AuditReport } from "../../../../admin/audit/audit-report.ts";
import type { ReplayOutput } from "../../../../admin/commands/dead-letters/replay.ts";
import { createDeadLetterStore } from "../../../../shared/dead-letters/dead-letter-store.ts";
import { createDeadLetterGroups } from "../../../../shared/dead-letters/groups.ts";
import { claimSeconds } from "../../../../shared/dead-letters/replay.ts";
import { openLedger } from "../../../../admin/audit/ledger.ts";
import { eventually } from "../../../equipment/eventually.ts";
import { readStackIdentity } from "../../../../shared/aws/queue-counts.ts";
import { sized } from "../../../equipment/run-length.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, person, putAll } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const count = sized(400, 10_000);
const timeout = 60_000 + count * 100 + 3 * claimSeconds * 1_000;
t.setTimeout(timeout);

const { env, connection } = await startEngines(t, ["worker"]);
const { sqs, documents, queueUrl, deadLettersTable } = connection;
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

function startReplay(): ChildProcess {
  const main = join(import.meta.dirname, "..", "..", "..", "..", "cli", "main.ts");
  const line = ["dead-letters", "replay", "--all", "--execute", "--json", "--rate", "500"];
  const child = spawn(process.execPath, [main, ...line], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  return child;
}

async function ended(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  return text;
}

t.test(`${count} dead letters, replayed by two at once while one is killed, and then again`, { timeout }, async (t) => {
  const ledger = openLedger(ledgerPath, await readStackIdentity(connection.sqs, connection.queueUrl));
  for (let number = 0; number < count; number += 1) {
    const { submittedAt: _, ...content } = person(number);
    ledger.record({ outcome: "accepted", ...content, status: 202, startedAt: 1, endedAt: 2 });
  }
  ledger.close();
  const records = Array.from({ length: count }, (_, number) => number).values();
  await putAll(
    documents,
    deadLettersTable,
    records.map((number) => deadLetter(number)),
  );

  const killed = startReplay();
  const survivor = startReplay();
  const told = ended(survivor);
  while ((await states()).resolved < count / 20) await delay(50);
  killed.kill("SIGKILL");
  await once(killed, "close");
  const before = await states();
  t.ok(before.resolved < count, "it was killed in the middle", { found: before });

  const output = JSON.parse(await told) as ReplayOutput;
  t.match(output, { executed: true, stopped: null });
  // What the killed one had claimed and not sent is free again when its claims have run out.
  await eventually(
    async () => {
      await runCommand(["dead-letters", "replay", "--all", "--again", "--execute", "--json"], { env });
      return (await states()).resolved === count;
    },
    "once more leaves nothing to do",
    2 * claimSeconds * 1_000,
  );
  t.same(await states(), { open: 0, replayed: 0, storing: 0, resolved: count, discarded: 0 });

  const audit = await runCommand(["audit", "--ledger", ledgerPath, "--json"], { env });
  const report = audit.json() as AuditReport;
  t.equal(audit.code, 0, "the audit is clean");
  t.match(report, { accepted: count, stored: count, both: count, lost: 0, duplicated: 0, unexpected: 0, corrupt: 0 });
});
