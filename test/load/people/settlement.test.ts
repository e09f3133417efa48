import { join } from "node:path";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import t, { type Test } from "tap";
import { openLedger } from "../../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../../shared/aws/queue-counts.ts";
import { settleLoad } from "../../../load/people/settlement.ts";
import { encodePack } from "../../../shared/registration/registration-pack.ts";
import { person } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const stack = await readStackIdentity(connection.sqs, connection.queueUrl);

function settle(t: Test, numbers: readonly number[]) {
  const ledgerPath = join(t.testdir(), "ledger.jsonl");
  const ledger = openLedger(ledgerPath, stack);
  const startedAt = Date.parse(person(0).submittedAt) - 1_000;
  for (const { id, email, name, answers } of numbers.map(person)) {
    ledger.record({
      outcome: "accepted",
      id,
      email,
      name,
      answers,
      status: 202,
      startedAt,
      endedAt: startedAt + 60_000,
    });
  }
  ledger.close();
  const steps: string[] = [];
  return settleLoad({
    connection,
    ledgerPath,
    stallSeconds: 1,
    othersAllowed: true,
    signal: new AbortController().signal,
    onProgress: (step) => steps.push(step),
  }).then((settlement) => ({ ...settlement, steps }));
}

t.test("when all is found, nobody waits for certainty about the queues", async (t) => {
  const { id, ...rest } = person(1);
  const Item = { ...rest, registrationId: id, storedAt: new Date().toISOString() };
  await connection.documents.send(new PutCommand({ TableName: connection.registrationsTable, Item }));
  const began = performance.now();
  const { judged, steps } = await settle(t, [1]);
  t.match(judged, { passed: true, accepted: 1, stored: 1, drained: false });
  t.ok(performance.now() - began < 5_000);
  t.strictSame(new Set(steps), new Set(["draining", "auditing"]));
});

t.test("a drain that stands still is given up, and what waits is queued and not lost", async (t) => {
  const body = encodePack([person(2)]);
  await connection.sqs.send(new SendMessageCommand({ QueueUrl: connection.queueUrl, MessageBody: body }));
  const { judged, drainSeconds } = await settle(t, [1, 2]);
  t.match(judged, { passed: false, stored: 1, queued: 1, lost: 0 });
  t.ok(drainSeconds >= 1);
});
