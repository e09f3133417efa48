/** The pack processor with its real parts, on tables and a dead-letter queue of its own. */
import type { Message } from "@aws-sdk/client-sqs";
import { createDeadLetterCollector } from "../../worker/dead-letter-collector.ts";
import { createDeadLetterQueue } from "../../worker/dead-letter-queue.ts";
import { createDeadLettersTable } from "../../worker/dead-letters-table.ts";
import { createOutcomesTable } from "../../worker/outcomes-table.ts";
import { createPackProcessor } from "../../worker/pack-processor.ts";
import { createRegistrationWriter } from "../../worker/registration-writer.ts";
import { createRegistrationsTable } from "../../worker/registrations-table.ts";
import { createReplayGuard } from "../../worker/replay-guard.ts";
import { createRetryingCaller } from "../../worker/retrying-caller.ts";
import { createTestChangeWriter } from "../equipment/change-writer.ts";
import type { Engines } from "../equipment/engines.ts";
import { createQuickBreaker } from "../equipment/quick-breaker.ts";
import { recordLog } from "../equipment/recorded-log.ts";

export async function prepareProcessor(
  engines: Engines,
  {
    now = () => performance.now(),
    wallClock = Date.now,
    makeOutcomesTable = createOutcomesTable,
    expired = (): ReadonlySet<string> => new Set(),
  } = {},
) {
  const { deadLetterUrl } = await engines.createQueue();
  const [tableName, recordsName] = [await engines.createTable(), await engines.createTable("id")];
  const outcomesTableName = await engines.createTable("id");
  const breaker = () => createQuickBreaker(now);
  const documents = engines.createDocuments({ maxAttempts: 1 });
  const packs: number[] = [];
  const outcomes: string[] = [];
  const written: string[] = [];
  const changes: string[] = [];
  const writing = { documents, wallClock, onCall: () => {} };
  const conditions = () => ({
    breaker: breaker(),
    maxCallsInFlight: 4,
    standstillTimeoutMs: 30_000,
    describeStandstill: () => ({ kind: "throttled", action: "a", resource: "r", message: "m" }) as const,
    now,
    random: () => 0,
  });
  const writer = createRegistrationWriter({
    table: createRegistrationsTable({ ...writing, tableName, outcomesTableName }),
    outcomesTable: makeOutcomesTable({ ...writing, tableName: outcomesTableName }),
    conditions: conditions(),
    outcomesConditions: conditions(),
    onStored: () => written.push("stored"),
    onOutcome: (outcome) => written.push(outcome),
  });
  const sender = createRetryingCaller(breaker(), { width: 2 });
  const records = createDeadLettersTable({
    documents,
    tableName: recordsName,
    caller: createRetryingCaller(breaker()),
    logger: recordLog().logger,
    wallClock,
  });
  const stale: string[] = [];
  let hidden = 0;
  const changeWriter = createTestChangeWriter(
    {
      documents,
      registrationsTable: tableName,
      outcomesTable: outcomesTableName,
      deadLettersTable: recordsName,
      writer,
    },
    { wallClock, expired, onChange: (kind, result) => changes.push(`${kind} ${result}`) },
  );
  const processor = createPackProcessor({
    writer,
    changes: changeWriter,
    deadLetters: createDeadLetterQueue({
      sqs: engines.sqs,
      queueUrl: deadLetterUrl,
      caller: sender,
      wallClock,
      onSent: () => {},
    }),
    records,
    replays: createReplayGuard({ records, onStale: (id) => stale.push(id) }),
    expired,
    hideSecondsAfter: (receives) => (receives > 3 ? undefined : 60 * receives),
    deadlineMs: 60_000,
    now,
    onPack: (count) => packs.push(count),
    onOutcome: (kind) => outcomes.push(kind),
    onHidden: () => (hidden += 1),
  });
  const collector = createDeadLetterCollector({
    table: records,
    changes: changeWriter,
    deadlineMs: 60_000,
    now,
    wallClock,
  });
  return {
    processor,
    collector,
    stale,
    hidden: () => hidden,
    sender,
    packs,
    outcomes,
    /** Kind and result of each change. */
    changes,
    /** What was written for the first time. */
    written,
    recordsName,
    tableName,
    outcomesTableName,
    outcomesTable: () => engines.items(outcomesTableName),
    stored: () => engines.items(tableName),
    records: () => engines.items(recordsName),
    async deadLetters() {
      const messages = await engines.take(deadLetterUrl);
      return messages.map(({ Body: body, MessageAttributes: attributes }) => ({
        body,
        reason: attributes?.reason?.StringValue,
        detail: attributes?.detail?.StringValue ?? "",
        attempts: attributes?.attempts?.StringValue,
      }));
    },
  };
}

export const message = (body: string, receives = 1): Message => ({
  Body: body,
  Attributes: { ApproximateReceiveCount: String(receives) },
});
