/** What follows the sending: waits while the worker drains the queues, then has the audit account for what was accepted. */
import { setTimeout as delay } from "node:timers/promises";
import { runAudit } from "../../admin/audit/audit.ts";
import type { AuditReport } from "../../admin/audit/audit-report.ts";
import { countMessages } from "../../shared/aws/queue-counts.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import type { Connection } from "../../terminal/connection.ts";
import type { LoadProgress, LoadResult } from "./load-run.ts";

export interface DrainOptions {
  readonly connection: Pick<Connection, "sqs" | "queueUrl" | "deadLetterQueueUrl">;
  readonly signal: AbortSignal;
  /** How long the number of messages may stay the same before the wait is given up. */
  readonly stallSeconds: number;
  /** Told of the messages that are left, after each poll. */
  onPoll(messages: number): Promise<void> | void;
}

export interface SettlementOptions extends Omit<DrainOptions, "connection" | "onPoll"> {
  readonly connection: Connection;
  /** Closed by its writer. */
  readonly ledgerPath: string;
  /** Says which answers expire. Default: none. */
  readonly event?: EventDefinition;
  /** Whether the table may hold registrations that the ledger does not know. */
  readonly othersAllowed: boolean;
  onProgress(progress: LoadProgress): void;
}

const pollEveryMs = 250;
/** SQS's counts are approximate: a single poll that finds the queue empty may be wrong. */
const emptyPolls = 2;

/**
 * @returns true when the queues were empty in several polls in a row, false when the number of messages stopped falling
 * @throws the signal's reason; the SDK's error when SQS does not answer
 */
export async function waitWhileDraining({ connection, ...options }: DrainOptions): Promise<boolean> {
  const { signal, stallSeconds, onPoll } = options;
  let empty = 0;
  let least = Infinity;
  let movedAt = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const left = await countMessages(connection.sqs, connection.queueUrl, connection.deadLetterQueueUrl);
    await onPoll(left);
    empty = left === 0 ? empty + 1 : 0;
    if (empty >= emptyPolls) return true;
    if (left < least) {
      least = left;
      movedAt = performance.now();
    }
    if (performance.now() - movedAt > stallSeconds * 1_000) return false;
    // An abort ends the pause early; the next turn throws.
    await delay(pollEveryMs, undefined, { signal }).catch(() => {});
  }
}

/** @throws TURNOUT_INTERRUPTED, TURNOUT_LEDGER_INVALID; the SDK's error when AWS does not answer */
export async function settleLoad(options: SettlementOptions): Promise<LoadResult> {
  const { connection, ledgerPath, event, stallSeconds, othersAllowed, signal, onProgress } = options;
  const began = performance.now();
  let most = 0;

  const audit = (drainTimeoutSeconds: number): Promise<AuditReport> =>
    runAudit({
      ...connection,
      ledgers: [ledgerPath],
      event,
      drainTimeoutSeconds,
      othersAllowed,
      signal,
      onProgress: (_, count) => onProgress({ doing: "auditing", done: count }),
    });

  const drained = await waitWhileDraining({
    ...options,
    onPoll(messages) {
      most = Math.max(most, messages);
      onProgress({ doing: "draining, in messages", done: most - messages, total: most });
    },
  });
  const drainSeconds = (performance.now() - began) / 1_000;
  // To be certain that a queue is empty takes a while, and is not needed when the audit finds everything without.
  const quick = await audit(0);
  return { audit: quick.passed || !drained ? quick : await audit(stallSeconds), drainSeconds };
}
