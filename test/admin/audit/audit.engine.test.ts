import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { runAudit } from "../../../admin/audit/audit.ts";
import { openLedger } from "../../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../../shared/aws/queue-counts.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
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

const mailsTable = "mails-of-an-audit";
await documents.send(
  new CreateTableCommand({
    TableName: mailsTable,
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
  }),
);
const { QueueUrl: mailQueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "mails-of-an-audit" }));

t.test("an audit waits for queued mails only while some are unaccounted for", async (t) => {
  const path = join(folder, "mailed.jsonl");
  const ledger = openLedger(path, await readStackIdentity(sqs, queueUrl));
  const { submittedAt: _, ...made } = person(50);
  ledger.record({ outcome: "accepted", ...made, status: 202, startedAt: 10, endedAt: 20 });
  ledger.close();
  await putAll(documents, registrationsTable, [stored(50)]);
  const audit = async () => {
    const steps = new Set<string>();
    const report = await runAudit({
      ...connection,
      mailsTable,
      mailQueueUrl,
      ledgers: [path],
      drainTimeoutSeconds: 0,
      mailsTimeoutSeconds: 0,
      othersAllowed: true,
      signal: new AbortController().signal,
      onProgress: (step) => steps.add(step),
    });
    return { report, waited: steps.has("waiting for mails") };
  };
  t.match(await audit(), { waited: true, report: { passed: true, mailsQueued: 1 } });
  await putAll(documents, mailsTable, [{ id: `confirmed/${person(50).id}`, outcome: "sent" }]);
  t.match(await audit(), { waited: false, report: { passed: true, mailsSent: 1, mailsQueued: 0 } });
  await documents.send(new DeleteCommand({ TableName: registrationsTable, Key: { email: person(50).email } }));
});

t.test("one run in which everything happened is told apart, id by id", async (t) => {
  const path = join(folder, "ledger.jsonl");
  const ledger = openLedger(path, await readStackIdentity(sqs, queueUrl));
  for (const number of Array(17).keys()) {
    const { submittedAt: _, ...made } = person(number);
    const content = number === 11 ? { ...made, email: person(10).email } : made;
    const outcome = number === 8 ? "rejected" : number === 9 ? "unknown" : "accepted";
    ledger.record({ outcome, ...content, status: outcome === "unknown" ? null : 202, startedAt: 10, endedAt: 20 });
  }
  const sent = { outcome: "accepted", status: 202, startedAt: 30, endedAt: 40 } as const;
  const [changedAt, late] = ["2026-01-03T00:00:00.000Z", "2026-01-04T00:00:00.000Z"];
  for (const number of [14, 15]) {
    const { submittedAt: _, ...made } = person(number);
    ledger.record({ ...sent, change: "correction", ...made, name: "Corrected", changedAt });
    ledger.record({ ...sent, change: "correction", ...made, name: "Corrected again", changedAt: late, mailbox: true });
  }
  for (const number of [12, 16]) {
    const { id, email } = person(number);
    ledger.record({ ...sent, change: "withdrawal", id, email });
  }
  ledger.close();
  await putAll(documents, registrationsTable, [
    stored(14, { name: "Corrected again", changedAt: late, mailbox: true }),
    // Its later correction was overwritten by the earlier one, and the withdrawal of 16 did nothing.
    stored(15, { name: "Corrected", changedAt }),
    stored(16),
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
  await putAll(documents, mailsTable, [
    { id: `confirmed/${person(0).id}`, outcome: "sent" },
    { id: `confirmed/${person(1).id}`, outcome: "obsolete" },
    { id: `already-registered/${person(14).id}`, outcome: "sent" },
    { id: "limit/confirmed/x", mail: `confirmed/${person(15).id}` },
  ]);
  const steps = new Set<string>();
  const report = await runAudit({
    ...connection,
    mailsTable,
    mailQueueUrl,
    ledgers: [path],
    drainTimeoutSeconds: 0,
    othersAllowed: false,
    signal: new AbortController().signal,
    onProgress: (step) => steps.add(step),
  });
  t.match(report, {
    passed: false,
    headlessLedgers: 0,
    accepted: 15,
    stored: 5,
    erased: 2,
    withdrawn: 1,
    deadLettered: 1,
    queued: 6,
    lost: 0,
    both: 1,
    corrupt: 1,
    unexpected: 2,
    recovered: 1,
    corrections: 4,
    withdrawals: 2,
    stale: 0,
    changesQueued: 2,
    mailsSent: 1,
    mailsExplained: 1,
    mailsQueued: 4,
    mailsMissing: 0,
  });
  t.same(new Set(report.examples.stale), new Set([person(15).id, person(16).id]));
  t.same(report.examples.corrupt, [person(1).id]);
  t.same(new Set(report.examples.unexpected), new Set([person(8).id, person(100).id]));
  t.equal(report.examples.queued.length, 6);
  t.ok(steps.has("draining") && steps.has("reading outcomes") && steps.has("reading registrations"));
  t.ok(steps.has("waiting for mails") && steps.has("reading mails"));
});

t.test("an answer that expired may be gone; one that is kept for days is counted", async (t) => {
  const path = join(folder, "expired.jsonl");
  const ledger = openLedger(path, await readStackIdentity(sqs, queueUrl));
  const { submittedAt: _, ...made } = person(60);
  ledger.record({ outcome: "accepted", ...made, status: 202, startedAt: 10, endedAt: 20 });
  ledger.close();
  const audit = (daysAgo: number | undefined) => {
    const expiresAt =
      daysAgo === undefined ? {} : { expiresAt: new Date(Date.now() - daysAgo * 86_400_000).toISOString() };
    return runAudit({
      ...connection,
      ledgers: [path],
      event: parseEvent({
        name: "Summit",
        description: "",
        opensAt: "2025-01-01T00:00:00Z",
        closesAt: "2025-02-01T00:00:00Z",
        timeZone: "UTC",
        fields: [{ id: "guests", type: "number", label: "Guests", ...expiresAt }],
      }),
      drainTimeoutSeconds: 0,
      othersAllowed: true,
      signal: new AbortController().signal,
      onProgress() {},
    });
  };
  await putAll(documents, registrationsTable, [stored(60)]);
  const { email, id } = person(60);
  const kept = await audit(3);
  t.match(kept, { passed: false, corrupt: 0, stored: 1 });
  t.ok(kept.expiredAnswersKept > 0);
  t.ok(kept.examples.expiredAnswersKept.includes(id) || kept.expiredAnswersKept > 20);
  t.match(await audit(1), { passed: true, expiredAnswersKept: 0 }, "its removal is not due yet");
  await putAll(documents, registrationsTable, [stored(60, { answers: {} })]);
  t.match(await audit(1), { passed: true, corrupt: 0 }, "gone");
  t.match(await audit(-10), { passed: false, corrupt: 1, examples: { corrupt: [id] } }, "gone too early");
  t.match(await audit(undefined), { passed: false, corrupt: 1 });
  await documents.send(new DeleteCommand({ TableName: registrationsTable, Key: { email } }));
});
