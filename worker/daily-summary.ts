/**
 * The periodic task `daily-summary`: logs and exposes the number of registrations and the dead letters by state.
 * Read-only, so safe to repeat on any instance. Uses DynamoDB's own item count, about six hours old, instead of
 * scanning the table: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
 */
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { deadLetterStates, type DeadLetterRecord } from "../shared/dead-letters/dead-letter-record.ts";
import { deadLetterReasons, type DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";
import { createDeadLetterGroups, type DeadLetterGroup } from "../shared/dead-letters/groups.ts";
import type { Logger } from "../shared/process/logger.ts";
import { Gauge, type Registry } from "../shared/process/metrics.ts";
import { scanTable } from "../shared/aws/table-scan.ts";

export interface DailySummary {
  /** Time of the count: ISO 8601, UTC. */
  readonly at: string;
  /** Items by DynamoDB's own count. */
  readonly storedApproximately: number;
  /** Dead letters that are open. */
  readonly open: number;
  /** Replayed, without a result yet. */
  readonly replayed: number;
  /** Being stored by a worker. */
  readonly storing: number;
  readonly byReason: Readonly<Partial<Record<DeadLetterReason, DeadLetterGroup["states"]>>>;
  /** First failure of the oldest open one; null when none is open. */
  readonly oldestOpenAt: string | null;
  readonly oldestOpenSeconds: number;
  /** False when time ran out before all dead letters were read: the numbers are then lower bounds. */
  readonly complete: boolean;
}

export interface DailySummaryOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  readonly deadLettersTable: string;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  /** Time limit for reading the dead letters. Default: 20 s; the daemon waits for 60 s. */
  readonly boundSeconds?: number;
}

const defaultBoundSeconds = 20;
const scanSegments = 2;

type ScannedRecord = Pick<DeadLetterRecord, "state" | "reason" | "firstFailedAt" | "lastFailedAt">;

/** @returns the task; rejects with the SDK's error when DynamoDB does not answer */
export function createDailySummary(options: DailySummaryOptions): () => Promise<DailySummary> {
  const { documents, registrationsTable, deadLettersTable, registry, logger, wallClock, stopping } = options;
  const boundMs = (options.boundSeconds ?? defaultBoundSeconds) * 1_000;
  const registers = [registry];
  const stored = new Gauge({
    name: "turnout_registrations_stored_approximately",
    help: "Items of the registrations table by DynamoDB's own count, about six hours old, tombstones included",
    registers,
  });
  const records = new Gauge({
    name: "turnout_dead_letter_records",
    help: "Dead letters in their table, when they were last summed up",
    labelNames: ["reason", "state"] as const,
    registers,
  });
  const oldest = new Gauge({
    name: "turnout_dead_letter_oldest_open_seconds",
    help: "How long the longest-waiting open dead letter had waited, when they were last summed up",
    registers,
  });

  async function countStored(): Promise<number> {
    const { Table } = await documents.send(new DescribeTableCommand({ TableName: registrationsTable }));
    return Table?.ItemCount ?? 0;
  }

  async function readDeadLetters() {
    const gathered = createDeadLetterGroups();
    let oldestOpenAt: string | null = null;
    const bound = AbortSignal.timeout(boundMs);
    let complete = true;
    try {
      await scanTable({
        documents,
        tableName: deadLettersTable,
        segments: scanSegments,
        attributes: ["state", "reason", "firstFailedAt", "lastFailedAt"] satisfies (keyof ScannedRecord)[],
        consistent: false,
        // Body parts are items of the same table.
        filter: { expression: "attribute_exists(#state)", names: { "#state": "state" }, values: {} },
        signal: AbortSignal.any([stopping, bound]),
        onPage(items) {
          for (const record of items as unknown as ScannedRecord[]) {
            gathered.add(record);
            if (record.state !== "open") continue;
            if (oldestOpenAt === null || record.firstFailedAt < oldestOpenAt) oldestOpenAt = record.firstFailedAt;
          }
        },
      });
    } catch (error) {
      if (!bound.aborted) throw error;
      complete = false;
    }
    return { groups: gathered.groups(), oldestOpenAt: oldestOpenAt as string | null, complete };
  }

  function expose({ storedApproximately, byReason, oldestOpenSeconds }: DailySummary): void {
    stored.set(storedApproximately);
    oldest.set(oldestOpenSeconds);
    for (const reason of deadLetterReasons) {
      for (const state of deadLetterStates) records.labels(reason, state).set(byReason[reason]?.[state] ?? 0);
    }
  }

  return async function summarizeDay() {
    const [storedApproximately, { groups, oldestOpenAt, complete }] = await Promise.all([
      countStored(),
      readDeadLetters(),
    ]);
    const at = wallClock();
    const sum = (state: "open" | "replayed" | "storing") =>
      groups.reduce((total, { states }) => total + states[state], 0);
    const summary: DailySummary = {
      at: new Date(at).toISOString(),
      storedApproximately,
      open: sum("open"),
      replayed: sum("replayed"),
      storing: sum("storing"),
      byReason: Object.fromEntries(groups.map(({ reason, states }) => [reason, states])),
      oldestOpenAt,
      oldestOpenSeconds: oldestOpenAt === null ? 0 : Math.max(0, Math.round((at - Date.parse(oldestOpenAt)) / 1_000)),
      complete,
    };
    expose(summary);
    logger.info(summary, "daily summary");
    return summary;
  };
}
