/**
 * The periodic task `daily-summary`: how many are registered and what lies among the dead letters, in one log line and on
 * `/metrics`. Safe to run twice, on any instance: it changes nothing. It never reads the registrations table, whatever its
 * size: DynamoDB keeps a count of its own, about six hours old.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
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
  /** When it was looked at: ISO 8601, UTC. */
  readonly at: string;
  /** Items of the registrations table by DynamoDB's own count. */
  readonly storedApproximately: number;
  /** Dead letters that wait for somebody. */
  readonly open: number;
  /** Those that were replayed and of which nothing has been heard. */
  readonly replayed: number;
  /** Those that a worker is storing. */
  readonly storing: number;
  readonly byReason: Readonly<Partial<Record<DeadLetterReason, DeadLetterGroup["states"]>>>;
  /** When the longest-waiting open one first failed, null where none is open. */
  readonly oldestOpenAt: string | null;
  readonly oldestOpenSeconds: number;
  /** False when there were more dead letters than could be read within the time: then the numbers are lower bounds. */
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
  /** Bound on reading the dead letters. Default: 20 s; the daemon waits for 60 s. */
  readonly boundSeconds?: number;
}

const defaultBoundSeconds = 20;
const scanSegments = 2;

type ScannedRecord = Pick<DeadLetterRecord, "state" | "reason" | "firstFailedAt" | "lastFailedAt">;

/** @returns the task: reads, logs, exposes; rejects with the SDK's error when DynamoDB does not answer */
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
        // Parts of bodies are items of the same table.
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
