/** Assembles the drain: breakers, tables, writer, dead letters, pollers, and their metrics and logs. */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Logger } from "../shared/process/logger.ts";
import type { Registry } from "../shared/process/metrics.ts";
import type { Tracing } from "../shared/tracing/tracing.ts";
import { nothingExpires, type ExpiredFields } from "../shared/registration/answer-expiry.ts";
import { createCircuitBreaker, type CircuitBreaker } from "./circuit-breaker.ts";
import type { WorkerConfig } from "./config.ts";
import { createChangeWriter } from "./changes/change-writer.ts";
import { createDeadLetterQueue } from "./dead-letter-queue.ts";
import { createDeadLetterCollector } from "./dead-letter-collector.ts";
import { createDeadLettersTable } from "./dead-letters-table.ts";
import { createDrain } from "./drain.ts";
import { createHealth, type Health } from "./health.ts";
import { createMail, type MailParts } from "./mail/mail.ts";
import { createWorkerMetrics, exposeHeldPacks, exposeWriter } from "./metrics.ts";
import { createVersionLog, hideSecondsAfter } from "./other-versions.ts";
import { createOutcomesTable } from "./outcomes-table.ts";
import { createPackProcessor } from "./pack-processor.ts";
import { createRetryingCaller } from "./retrying-caller.ts";
import { createRegistrationWriter } from "./registration-writer.ts";
import { createRegistrationsTable } from "./registrations-table.ts";
import { createReplayGuard } from "./replay-guard.ts";
import { describeSystemError } from "../shared/process/system-error.ts";
import { createWorkerTraces } from "./worker-traces.ts";
import type { WriterConditions } from "./batch-writer.ts";

export interface Worker {
  start(): void;
  /**
   * Stops receiving, finishes what it has, and leaves to redelivery what cannot be finished within a third of the stop
   * deadline. Safe to repeat.
   */
  stop(): Promise<void>;
  health(): Health;
}

export interface WorkerParts {
  readonly config: WorkerConfig;
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Fields whose answers are not stored any more. Default: none. */
  readonly expired?: ExpiredFields;
  /** With `MAIL_FROM`. Default: no mails. */
  readonly mail?: MailParts | undefined;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing | undefined;
}

const longestStandstillMs = 30_000;
const minBackoffMs = 250;
const maxBackoffMs = 15_000;
const stopTimeoutShare = 1 / 3;
/** Concurrent calls to the dead-letter queue, and to the dead-letters table per caller. */
const deadLetterWidth = 32;
/** Concurrent calls of corrections and withdrawals to each table. */
const changesWidth = 16;

export function createWorker(parts: WorkerParts): Worker {
  const { config, sqs, documents, registry, logger, expired: expiredAt = nothingExpires } = parts;
  const expired = () => expiredAt(Date.now());
  const now = () => performance.now();
  const metrics = createWorkerMetrics(registry);
  const traces = parts.tracing && createWorkerTraces(parts.tracing);

  function breakerOf(dependency: string): CircuitBreaker {
    const gauge = metrics.breakerOpen.labels(dependency);
    gauge.set(0);
    return createCircuitBreaker({
      now,
      random: Math.random,
      minBackoffMs,
      maxBackoffMs,
      onChange(open, systemError) {
        gauge.set(open ? 1 : 0);
        if (open) logger.error({ dependency, ...systemError }, "stopped receiving: a system error");
        else logger.info({ dependency, overcome: systemError.kind }, "receiving again");
      },
    });
  }

  const surroundings = { config, sqs, documents, registry, logger, traces, breakerOf, now };
  const mail = parts.mail && createMail({ ...parts.mail, ...surroundings });
  // One per permission: the success of one call must not hide the failure of another.
  const breakers = {
    "queue receives": breakerOf("queue receives"),
    "queue deletes": breakerOf("queue deletes"),
    table: breakerOf("table"),
    "outcomes table": breakerOf("outcomes table"),
    "table changes": breakerOf("table changes"),
    "outcome changes": breakerOf("outcome changes"),
    "dead-letter queue sends": breakerOf("dead-letter queue sends"),
    "dead-letter queue receives": breakerOf("dead-letter queue receives"),
    "dead-letter queue deletes": breakerOf("dead-letter queue deletes"),
    "dead-letters table": breakerOf("dead-letters table"),
    ...mail?.neededBreakers,
  };
  const width = { width: deadLetterWidth, now };
  // Must come before registrations are given up: repeated redelivery would dead-letter them.
  const standstillTimeoutMs = Math.min(longestStandstillMs, (config.MESSAGE_DEADLINE_SECONDS * 1_000) / 2);
  const underLoad = { width: changesWidth, now, throttlingJitter: Math.random, standstillTimeoutMs };
  const changeCallers = {
    registrations: createRetryingCaller(breakers["table changes"], underLoad),
    outcomes: createRetryingCaller(breakers["outcome changes"], underLoad),
    deadLetters: createRetryingCaller(breakers["dead-letters table"], underLoad),
  };
  const deadLetterCaller = createRetryingCaller(breakers["dead-letter queue sends"], width);
  // Separate, so that a replay does not wait behind thousands of collected records.
  const recordCaller = createRetryingCaller(breakers["dead-letters table"], width);
  const collectorCaller = createRetryingCaller(breakers["dead-letters table"], width);
  const writing = {
    documents,
    retentionDays: config.RETENTION_DAYS,
    wallClock: Date.now,
    onCall(_statements: number, attempts: number) {
      metrics.writeCalls.inc();
      metrics.writeAttempts.inc(attempts);
    },
  };
  function conditionsOf(breaker: CircuitBreaker, resource: string, construct: string): WriterConditions {
    const insertion = { action: "dynamodb:PartiQLInsert", resource, construct };
    return {
      breaker,
      maxCallsInFlight: config.WRITES_IN_FLIGHT,
      standstillTimeoutMs,
      describeStandstill: (cause) =>
        describeSystemError(
          cause === "throttled" ? "throttled" : "unreachable",
          insertion,
          `nothing could be stored for ${standstillTimeoutMs / 1_000} s`,
        ),
      now,
      random: Math.random,
    };
  }

  const table = createRegistrationsTable({
    ...writing,
    tableName: config.REGISTRATIONS_TABLE,
    outcomesTableName: config.OUTCOMES_TABLE,
  });
  const writer = createRegistrationWriter({
    table: traces?.ofWrites(table, config.REGISTRATIONS_TABLE) ?? table,
    outcomesTable: createOutcomesTable({ ...writing, tableName: config.OUTCOMES_TABLE }),
    conditions: conditionsOf(breakers.table, config.REGISTRATIONS_TABLE, "Data/Registrations"),
    outcomesConditions: conditionsOf(breakers["outcomes table"], config.OUTCOMES_TABLE, "Data/Outcomes"),
    onStored({ submittedAt }) {
      metrics.stored.inc();
      metrics.storedDelay.observe(Math.max(0, (Date.now() - Date.parse(submittedAt)) / 1_000));
    },
    onOutcome: (outcome) => (outcome === "duplicate" ? metrics.duplicates : metrics.gone.labels(outcome)).inc(),
  });
  exposeWriter(registry, writer.figures);
  const deadLetters = createDeadLetterQueue({
    sqs,
    queueUrl: config.DEAD_LETTER_QUEUE_URL,
    caller: deadLetterCaller,
    wallClock: Date.now,
    onSent: (reason, entries) => metrics.deadLettered.labels(reason).inc(entries),
  });
  const deadLettersTable = { documents, tableName: config.DEAD_LETTERS_TABLE, logger, wallClock: Date.now };
  const records = createDeadLettersTable({ ...deadLettersTable, caller: recordCaller });
  const logHidden = createVersionLog(logger, now);
  const changes = createChangeWriter({
    documents,
    registrationsTable: config.REGISTRATIONS_TABLE,
    outcomesTable: config.OUTCOMES_TABLE,
    deadLettersTable: config.DEAD_LETTERS_TABLE,
    retentionDays: config.RETENTION_DAYS,
    writer,
    callers: changeCallers,
    expired,
    wallClock: Date.now,
    onChange: (kind, result) => metrics.changes.labels(kind, result).inc(),
  });
  const processor = createPackProcessor({
    writer: traces?.ofRegistrations(writer) ?? writer,
    changes,
    deadLetters,
    records,
    replays: createReplayGuard({
      records,
      onStale(id) {
        metrics.staleReplays.inc();
        logger.info({ id }, "a replay was sent under a claim that is over; nothing was stored");
      },
    }),
    outbox: mail?.outbox,
    expired,
    hideSecondsAfter,
    deadlineMs: config.MESSAGE_DEADLINE_SECONDS * 1_000,
    now,
    onPack(registrations) {
      metrics.packs.inc();
      metrics.received.inc(registrations);
    },
    onOutcome(kind) {
      if (kind === "unfinished") metrics.unfinished.inc();
    },
    onHidden() {
      metrics.hidden.inc();
      logHidden();
    },
  });
  const polling = {
    sqs,
    receiveWaitSeconds: config.RECEIVE_WAIT_SECONDS,
    visibilityTimeoutSeconds: config.VISIBILITY_TIMEOUT_SECONDS,
    stopDeadlineSeconds: config.STOP_DEADLINE_SECONDS,
    logger,
    now,
    onDeleteFailed: () => metrics.deleteFailures.inc(),
  };
  const registrationsDrain = createDrain({
    ...polling,
    queueUrl: config.QUEUE_URL,
    pollers: config.POLLERS,
    process: traces?.ofMessages(config.QUEUE_URL, processor.process) ?? processor.process,
    onDeleted: (messages) => metrics.packsDone.inc(messages),
    receiveBreaker: breakers["queue receives"],
    deleteBreaker: breakers["queue deletes"],
    neededBreakers: [
      breakers.table,
      breakers["outcomes table"],
      breakers["table changes"],
      breakers["outcome changes"],
      breakers["dead-letter queue sends"],
      breakers["dead-letters table"],
      ...Object.values(mail?.neededBreakers ?? {}),
    ],
  });
  exposeHeldPacks(registry, registrationsDrain.heldMessages);
  const deadLetterDrain = createDrain({
    ...polling,
    queueUrl: config.DEAD_LETTER_QUEUE_URL,
    pollers: 1,
    process: createDeadLetterCollector({
      table: createDeadLettersTable({ ...deadLettersTable, caller: collectorCaller }),
      changes,
      deadlineMs: config.MESSAGE_DEADLINE_SECONDS * 1_000,
      now,
      wallClock: Date.now,
    }).collect,
    receiveBreaker: breakers["dead-letter queue receives"],
    deleteBreaker: breakers["dead-letter queue deletes"],
    neededBreakers: [breakers["dead-letters table"]],
  });

  function letGo(): void {
    writer.close();
    deadLetterCaller.close();
    recordCaller.close();
    collectorCaller.close();
    for (const caller of Object.values(changeCallers)) caller.close();
    registrationsDrain.letGo();
    deadLetterDrain.letGo();
    mail?.letGo();
  }

  return {
    start() {
      registrationsDrain.start();
      deadLetterDrain.start();
      mail?.start();
    },
    async stop() {
      const stopped = Promise.all([registrationsDrain.stop(), deadLetterDrain.stop(), mail?.stop()]);
      // Short failures are still retried during the stop; what lasting errors hold is released, or the pollers would
      // never finish.
      const timer = setTimeout(letGo, config.STOP_DEADLINE_SECONDS * 1_000 * stopTimeoutShare);
      await stopped;
      clearTimeout(timer);
      letGo();
    },
    health: createHealth({
      breakers,
      sinceLastReceiveMs: registrationsDrain.sinceLastReceiveMs,
      watchdogMs: config.WATCHDOG_SECONDS * 1_000,
      mailCauses: mail?.causes,
    }),
  };
}
