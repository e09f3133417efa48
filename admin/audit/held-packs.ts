/** Whether the activity table agrees that nothing is under way: it is the workers' own word, where SQS only counts about. */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createActivityReader } from "../../shared/activity/reader.ts";

export interface HeldPacksOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly activityTable: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/**
 * @returns asks how many packs the workers said at last that they hold. Only what was written since counts: a worker that
 *   was killed before never takes its word back, and what it held is on the queue again.
 * @param sinceMs how long back
 */
export function createHeldPacks(options: HeldPacksOptions): (sinceMs: number) => Promise<number> {
  const { documents, activityTable: table, wallClock } = options;
  const { readBack } = createActivityReader({ documents, table, wallClock });
  return async (sinceMs) => {
    const since = wallClock() - sinceMs;
    const slices = await readBack((read) => (read.at(-1)?.from ?? Infinity) < since);
    const latest = new Map<string, number>();
    for (const { from, holdings } of slices) {
      // A bucket that began before may hold the last word of a worker that ended before.
      if (from < since || !holdings) continue;
      for (const [worker, { heldPacks }] of holdings) if (!latest.has(worker)) latest.set(worker, heldPacks);
    }
    return [...latest.values()].reduce((sum, held) => sum + held, 0);
  };
}
