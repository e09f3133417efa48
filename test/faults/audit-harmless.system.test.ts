/**
 * Tools that read must not harm: an audit that is run while the worker is stopped leaves everybody on the queue as they
 * were. Reading by receiving would not: each counts as a delivery, and after a few the whole pack is a dead letter.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import t, { type Test } from "tap";
import { openLedger } from "../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { eventually } from "../equipment/eventually.ts";
import { people } from "../equipment/people.ts";
import { audit } from "./audit.ts";
import { startEngines, type Cell } from "./cell.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());

const visibilityTimeoutSeconds = 2;
const maxReceiveCount = 4;
const packSize = 250;

/** A cell whose worker holds one message at the moment when it is frozen, and a pack of 250 besides, all in the ledger. */
async function stoppedInTheMiddle(t: Test) {
  const cell = await engines.createCell({ visibilityTimeoutSeconds, maxReceiveCount });
  t.teardown(() => cell.close());
  const ledgerPath = join(t.testdir(), "ledger.jsonl");
  const ledger = openLedger(ledgerPath, await readStackIdentity(cell.sqs, cell.queueUrl));
  const everybody = [people(3), people(packSize)];
  const startedAt = Date.now() - 60_000;
  for (const { id, email, name, answers } of everybody.flat()) {
    ledger.record({ outcome: "accepted", id, email, name, answers, status: 202, startedAt, endedAt: startedAt });
  }
  ledger.close();
  await cell.put([encodePack(everybody[0]!)]);
  // As a worker does that is stopped before it has finished.
  await receive(cell, visibilityTimeoutSeconds);
  await cell.put([encodePack(everybody[1]!)]);
  return { cell, ledgerPath, everybody: everybody.flat() };
}

async function receive(cell: Cell, VisibilityTimeout: number) {
  const { Messages = [] } = await cell.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: cell.queueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout,
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
    }),
  );
  return Messages;
}

/** How often each message was received before this read, the most received last. */
async function receiveCounts(cell: Cell): Promise<number[]> {
  const counts: number[] = [];
  await eventually(
    async () => {
      for (const { Attributes } of await receive(cell, visibilityTimeoutSeconds)) {
        counts.push(Number(Attributes?.ApproximateReceiveCount) - 1);
      }
      return counts.length >= 2;
    },
    "both messages are seen",
    60_000,
  );
  return counts.toSorted((a, b) => a - b);
}

t.test("an audit while the worker is stopped moves no receive count, and says that it is not drained", async (t) => {
  const { cell, ledgerPath, everybody } = await stoppedInTheMiddle(t);
  const report = await audit(cell, ledgerPath, 4 * visibilityTimeoutSeconds);
  t.match(report, { passed: false, drained: false, accepted: everybody.length, queued: everybody.length, lost: 0 });
  t.same(await receiveCounts(cell), [0, 1], "the pack was never received, and the held message once, by its worker");

  await cell.startTier("worker");
  await cell.drained();
  const after = await audit(cell, ledgerPath);
  t.match(after, { passed: true, drained: true, stored: everybody.length, deadLettered: 0 });
});

t.test("a message that is in flight with a worker that is gone, and nothing else, is not drained", async (t) => {
  const cell = await engines.createCell({ visibilityTimeoutSeconds });
  t.teardown(() => cell.close());
  const ledgerPath = join(t.testdir(), "ledger.jsonl");
  openLedger(ledgerPath, await readStackIdentity(cell.sqs, cell.queueUrl)).close();
  await cell.put([encodePack(people(1))]);
  await receive(cell, visibilityTimeoutSeconds);
  t.match(await audit(cell, ledgerPath, 4 * visibilityTimeoutSeconds), { drained: false });
});

t.test("control: reads by receiving, as the audit once had them, make dead letters of 250 sound people", async (t) => {
  const { cell, ledgerPath, everybody } = await stoppedInTheMiddle(t);
  await eventually(
    async () => {
      await receive(cell, 1);
      await delay(1_100);
      const { waiting, inFlight } = await cell.counts();
      return waiting + inFlight === 0;
    },
    "reads have used up what each message may be received",
    60_000,
  );
  await cell.startTier("worker");
  await cell.drained();
  const report = await audit(cell, ledgerPath);
  t.match(report, { accepted: everybody.length, deadLettered: everybody.length, stored: 0 });
});
