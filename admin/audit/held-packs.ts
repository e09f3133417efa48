/** How many packs the workers report to hold in the activity table, where SQS's counts are only approximate. */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createActivityReader } from "../../shared/activity/reader.ts";

export interface HeldPacksOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly activityTable: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/**
 * @returns a function that reads how many packs the workers last reported. Only recent reports count: a killed worker
 *   never withdraws its own, and its messages are back on the queue.
 * @param sinceMs how far back
 */
export function createHeldPacks(options: HeldPacksOptions): (sinceMs: number) => Promise<number> {
  const { documents, activityTable: table, wallClock } = options;
  const { readBack } = createActivityReader({ documents, table, wallClock });
  return async (sinceMs) => {
    const since = wallClock() - sinceMs;
    const slices = await readBack((read) => (read.at(-1)?.from ?? Infinity) < since);
    const latest = new Map<string, number>();
    for (const { from, holdings } of slices) {
      // An earlier bucket may hold the last report of a worker that has ended.
      if (from < since || !holdings) continue;
      for (const [worker, { heldPacks }] of holdings) if (!latest.has(worker)) latest.set(worker, heldPacks);
    }
    return [...latest.values()].reduce((sum, held) => sum + held, 0);
  };
}
