/** What follows a load: waits while the worker drains, and has the audit account for what was accepted. */
import { runAudit } from "../../admin/audit/audit.ts";
import type { AuditReport } from "../../admin/audit/audit-report.ts";
import type { Connection } from "../../terminal/connection.ts";
import { waitWhileDraining } from "./drain.ts";

export interface SettlementOptions {
  readonly connection: Connection;
  /** Closed by its writer. */
  readonly ledgerPath: string;
  /** How long the drain may stand still before it is given up. */
  readonly stallSeconds: number;
  /** Whether the table may hold registrations that the ledger does not know. */
  readonly othersAllowed: boolean;
  readonly signal: AbortSignal;
  /** While draining `done` is the number of messages that are left. */
  onProgress(step: "draining" | "auditing", done: number): void;
}

export interface Settlement {
  readonly judged: AuditReport;
  readonly drainSeconds: number;
}

/** @throws TURNOUT_INTERRUPTED, TURNOUT_LEDGER_INVALID; the SDK's error when AWS does not answer */
export async function settleLoad(options: SettlementOptions): Promise<Settlement> {
  const { connection, ledgerPath, stallSeconds, othersAllowed, signal, onProgress } = options;
  const began = performance.now();

  const audit = (drainTimeoutSeconds: number): Promise<AuditReport> =>
    runAudit({
      ...connection,
      ledgers: [ledgerPath],
      drainTimeoutSeconds,
      othersAllowed,
      signal,
      onProgress: (_, count) => onProgress("auditing", count),
    });

  const quiet = await waitWhileDraining({
    sqs: connection.sqs,
    queueUrls: [connection.queueUrl, connection.deadLetterQueueUrl],
    stallSeconds,
    signal,
    onPoll: (messages) => onProgress("draining", messages),
  });
  const drainSeconds = (performance.now() - began) / 1_000;
  // When all is found, there is no need to be certain that the queues are empty, which takes a while.
  const quick = await audit(0);
  return { judged: quick.passed || !quiet ? quick : await audit(stallSeconds), drainSeconds };
}
