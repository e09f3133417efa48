/**
 * Reads the activity table backwards: fine buckets first, then coarser ones, at most as far as SQS keeps messages.
 * Buckets are cached and read again after a tenth of their age, so that frequent polling is cheap and late writes are
 * still seen.
 */
import { setTimeout as delay } from "node:timers/promises";
import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbLimits } from "../aws/aws-limits.ts";
import {
  bucketKey,
  bucketStart,
  holdingsOfItem,
  levels,
  noActivity,
  sumOfItem,
  type Activity,
  type Holding,
  type Level,
} from "./bucket.ts";
import { covers, estimateBacklog, type Backlog, type Slice } from "./estimate.ts";

export interface ActivityReader {
  /**
   * @param enough called with what was read, newest first; true ends the reading
   * @returns what was read, without gaps; everything when nothing was enough
   * @throws the SDK's error when DynamoDB does not answer or rejects the call
   */
  readBack(enough: (slices: readonly Slice[]) => boolean): Promise<readonly Slice[]>;
  /**
   * @param messages on the queue by SQS's current count: visible, in flight and delayed
   * @throws as `readBack`
   */
  estimate(messages: number): Promise<Backlog>;
}

export interface ActivityReaderOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly table: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

interface Known {
  readonly activity: Activity;
  readonly holdings: ReadonlyMap<string, Holding>;
  readonly readAt: number;
}

/** The first step back: covers the rate, and usually everything. */
const firstStepMs = 2 * 60_000;
/** A process with a fast clock writes into buckets that have not begun here. */
const aheadMs = 10_000;
const freshShare = 0.1;
/** Twice what the longest walk reads. */
const maxKnown = 1_200;
const unprocessedAttempts = 5;
const unprocessedPauseMs = 50;

const nobody: ReadonlyMap<string, Holding> = new Map();

interface Span {
  readonly level: Level;
  readonly from: number;
  readonly to: number;
}

/** @returns the steps back from now; within a step the newest last */
export function stepsBack(now: number): Span[] {
  const spans: Span[] = [];
  const [finest] = levels;
  let to = bucketStart(finest, now + aheadMs) + finest.widthMs;
  for (const [index, level] of levels.entries()) {
    // The next level takes over at one of its bucket boundaries.
    const from = bucketStart(levels[index + 1] ?? level, now - level.reachMs);
    if (index === 0) {
      const middle = bucketStart(level, now - firstStepMs);
      spans.push({ level, from: middle, to }, { level, from, to: middle });
    } else spans.push({ level, from, to });
    to = from;
  }
  return spans;
}

export function createActivityReader({ documents, table, wallClock }: ActivityReaderOptions): ActivityReader {
  const known = new Map<string, Known>();

  function isFresh(key: string, end: number, now: number): boolean {
    const entry = known.get(key);
    return entry !== undefined && now - entry.readAt < freshShare * (entry.readAt - end);
  }

  async function readKeys(keys: readonly string[], readAt: number): Promise<void> {
    let left: Record<string, unknown>[] = keys.map((bucket) => ({ bucket }));
    for (let attempt = 0; left.length > 0; attempt += 1) {
      if (attempt === unprocessedAttempts) throw new Error(`${left.length} items of ${table} were not answered.`);
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point of a pause
      if (attempt > 0) await delay(unprocessedPauseMs * 2 ** attempt);
      // oxlint-disable-next-line no-await-in-loop
      const { Responses = {}, UnprocessedKeys = {} } = await documents.send(
        // Half the price of consistent reads, and a current bucket is soon outdated anyway.
        new BatchGetCommand({ RequestItems: { [table]: { Keys: left } } }),
      );
      const unprocessed = UnprocessedKeys[table]?.Keys ?? [];
      const open = new Set(unprocessed.map(({ bucket }) => String(bucket)));
      const items = new Map((Responses[table] ?? []).map((item) => [String(item["bucket"]), item]));
      for (const { bucket } of left) {
        const key = String(bucket);
        if (open.has(key)) continue;
        const item = items.get(key);
        known.set(key, { activity: sumOfItem(item), holdings: holdingsOfItem(item), readAt });
      }
      left = unprocessed;
    }
  }

  async function readSpan({ level, from, to }: Span, now: number): Promise<Slice[]> {
    const starts: number[] = [];
    for (let start = to - level.widthMs; start >= from; start -= level.widthMs) starts.push(start);
    const keys = starts.map((start) => bucketKey(level, start));
    const stale = keys.filter((key, index) => !isFresh(key, (starts[index] ?? 0) + level.widthMs, now));
    for (let first = 0; first < stale.length; first += dynamoDbLimits.maxBatchGetKeys) {
      // oxlint-disable-next-line no-await-in-loop -- nobody is in a hurry, and the table is not flooded
      await readKeys(stale.slice(first, first + dynamoDbLimits.maxBatchGetKeys), now);
    }
    return starts.map((start, index) => {
      const { activity = noActivity, holdings = nobody } = known.get(keys[index] ?? "") ?? {};
      return { ...activity, holdings, from: start, to: start + level.widthMs };
    });
  }

  async function readBack(enough: (slices: readonly Slice[]) => boolean): Promise<readonly Slice[]> {
    const now = wallClock();
    if (known.size > maxKnown) known.clear();
    const slices: Slice[] = [];
    for (const span of stepsBack(now)) {
      // oxlint-disable-next-line no-await-in-loop -- each step only if the one before was not enough
      slices.push(...(await readSpan(span, now)));
      if (enough(slices)) break;
    }
    return slices;
  }

  return {
    readBack,
    async estimate(messages) {
      const slices = await readBack((sofar) => covers(sofar, messages));
      return estimateBacklog(messages, slices, wallClock());
    },
  };
}
