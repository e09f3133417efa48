import { join } from "node:path";
import {
  DeleteMessageCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { stretched } from "../../equipment/eventually.ts";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { waitWhileDraining, settleLoad } from "../../../load/run/settlement.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { openLedger } from "../../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../../shared/aws/queue-counts.ts";
import { encodePack } from "../../../shared/registration/registration-pack.ts";
import { person } from "../../equipment/dead-letter-seeds.ts";

const { connection } = await startEngines(t);
const stack = await readStackIdentity(connection.sqs, connection.queueUrl);

t.test("the wait for the drain", async (t) => {
  const { sqs, queueUrl: QueueUrl } = connection;
  const wait = (options: Partial<Parameters<typeof waitWhileDraining>[0]> = {}) =>
    waitWhileDraining({
      connection,
      signal: new AbortController().signal,
      stallSeconds: 30,
      onPoll() {},
      ...options,
    });

  await t.test("ends when the queues looked empty more than once", async (t) => {
    let polls = 0;
    t.equal(await wait({ onPoll: () => void (polls += 1) }), true);
    t.equal(polls, 2);
  });

  await t.test("goes on while there is a message, also one that somebody holds", async (t) => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "waiting" }));
    const seen: number[] = [];
    const drained = wait({
      async onPoll(messages) {
        seen.push(messages);
        if (seen.length !== 2) return;
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0]!.ReceiptHandle }));
      },
    });
    t.equal(await drained, true);
    t.strictSame(seen, [1, 1, 0, 0]);
  });

  await t.test("gives up when nothing moves, and ends at once when it is told to", async (t) => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "stuck" }));
    t.equal(await wait({ stallSeconds: 0.3 }), false);
    const stop = new AbortController();
    const interrupted = wait({
      signal: stop.signal,
      onPoll: () => stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "x")),
    });
    await t.rejects(interrupted, { code: "TURNOUT_INTERRUPTED" });
  });
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
});

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
    onProgress: ({ doing }) => steps.push(doing),
  }).then((settlement) => ({ ...settlement, steps }));
}

t.test("when everything is found, the audit does not wait until the queues are certainly empty", async (t) => {
  const { id, ...rest } = person(1);
  const Item = { ...rest, registrationId: id, storedAt: new Date().toISOString() };
  await connection.documents.send(new PutCommand({ TableName: connection.registrationsTable, Item }));
  const began = performance.now();
  const { audit, steps } = await settle(t, [1]);
  t.match(audit, { passed: true, accepted: 1, stored: 1, drained: false });
  t.ok(performance.now() - began < stretched(15_000));
  t.strictSame(new Set(steps), new Set(["draining, in messages", "auditing"]));
});

t.test("a drain that stands still is given up, and what waits is queued and not lost", async (t) => {
  const body = encodePack([person(2)]);
  await connection.sqs.send(new SendMessageCommand({ QueueUrl: connection.queueUrl, MessageBody: body }));
  const { audit, drainSeconds } = await settle(t, [1, 2]);
  t.match(audit, { passed: false, stored: 1, queued: 1, lost: 0 });
  t.ok(drainSeconds >= 1);
});
