import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { runAudit } from "../../../admin/audit/audit.ts";
import { openLedger } from "../../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../../shared/aws/queue-counts.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { deadLetter, person, putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { sqs, queueUrl, documents, registrationsTable, deadLettersTable, outcomesTable } = connection;
const folder = mkdtempSync(join(tmpdir(), "turnout-audit-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function stored(number: number, changes: object = {}) {
  const { id, ...content } = person(number);
  return { ...content, registrationId: id, storedAt: "2026-01-02T00:00:00.000Z", ...changes };
}

t.test("one run in which everything happened is told apart, id by id", async (t) => {
  const path = join(folder, "ledger.jsonl");
  const ledger = openLedger(path, await readStackIdentity(sqs, queueUrl));
  for (const number of Array(14).keys()) {
    const { submittedAt: _, ...made } = person(number);
    const content = number === 11 ? { ...made, email: person(10).email } : made;
    const outcome = number === 8 ? "rejected" : number === 9 ? "unknown" : "accepted";
    ledger.record({ outcome, ...content, status: outcome === "unknown" ? null : 202, startedAt: 10, endedAt: 20 });
  }
  ledger.close();
  await putAll(documents, registrationsTable, [
    stored(0),
    stored(1, { name: "Another name" }),
    stored(8),
    stored(9),
    stored(100),
    // Number 10 was erased, 11 is a further one of that address; 12 withdrew, and 13 says an outcome that nothing backs.
    createTombstone(person(10).email, "erased", person(10).id, 0),
    createTombstone(person(12).email, "withdrawn", person(12).id, 0),
  ]);
  await putAll(documents, outcomesTable, [
    { id: person(11).id, outcome: "erased", at: "" },
    { id: person(13).id, outcome: "duplicate", at: "", duplicateOf: "nobody" },
  ]);
  await putAll(documents, deadLettersTable, [deadLetter(2), deadLetter(0, { state: "resolved" })]);
  // What is no dead letter, in the same table.
  await putAll(documents, deadLettersTable, [
    { id: `${person(3).id}#1`, partOf: person(3).id, bytes: Buffer.from("x") },
    { id: "log#2026-01-01#1", at: "", who: "ann", action: "edit", ids: [], detail: "", why: "" },
  ]);
  const steps = new Set<string>();
  const report = await runAudit({
    ...connection,
    ledgers: [path],
    drainTimeoutSeconds: 0,
    othersAllowed: false,
    signal: new AbortController().signal,
    onProgress: (step) => steps.add(step),
  });
  t.match(report, {
    passed: false,
    headlessLedgers: 0,
    accepted: 12,
    stored: 2,
    erased: 2,
    withdrawn: 1,
    deadLettered: 1,
    queued: 6,
    lost: 0,
    both: 1,
    corrupt: 1,
    unexpected: 2,
    recovered: 1,
  });
  t.same(report.examples.corrupt, [person(1).id]);
  t.same(new Set(report.examples.unexpected), new Set([person(8).id, person(100).id]));
  t.equal(report.examples.queued.length, 6);
  t.ok(steps.has("draining") && steps.has("reading outcomes") && steps.has("reading registrations"));
});
