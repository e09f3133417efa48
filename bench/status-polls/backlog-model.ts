/**
 * A queue that is drained at a constant pace, first come, first served, and the activity that web tier and workers write
 * about it: seconds late, into the buckets of the activity table. What is read of it is read by the product's own reader.
 */
import type { BatchGetCommandInput, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { bucketKey, bucketStart, levels, type ProcessFigures } from "../../shared/activity/bucket.ts";

interface Pack {
  readonly ids: readonly string[];
  /** With all before it. */
  readonly lastPerson: number;
}

export interface BacklogModel {
  /** @param ids of registrations; undefined: of people who are nobody's subject */
  send(people: number, ids?: readonly string[]): void;
  /** @returns messages that are not done */
  countMessages(): number;
  /** @returns milliseconds since the epoch; undefined: not yet */
  storedAt(id: string): number | undefined;
  /** Writes the activity of the time until now. */
  writeActivity(): void;
  /** Answers reads of the activity table. */
  readonly documents: DynamoDBDocumentClient;
}

export interface BacklogModelOptions {
  readonly drainPerSecond: number;
  readonly activityTable: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export function createBacklogModel({ drainPerSecond, activityTable, wallClock }: BacklogModelOptions): BacklogModel {
  const packs: Pack[] = [];
  const storedTimes = new Map<string, number>();
  const written = new Map<string, ProcessFigures>();
  let unwritten: { at: number; figures: ProcessFigures }[] = [];
  let drained = 0;
  let drainedAt = wallClock();
  let sent = 0;
  let firstOpen = 0;

  function drain(): void {
    const at = wallClock();
    const before = drained;
    const beganAt = drainedAt;
    drained = Math.min(sent, before + ((at - beganAt) / 1_000) * drainPerSecond);
    drainedAt = at;
    let packsDone = 0;
    for (let pack = packs[firstOpen]; pack && pack.lastPerson <= drained; pack = packs[firstOpen]) {
      const storedAt = beganAt + ((pack.lastPerson - before) / drainPerSecond) * 1_000;
      for (const id of pack.ids) storedTimes.set(id, storedAt);
      firstOpen += 1;
      packsDone += 1;
    }
    const stored = Math.floor(drained) - Math.floor(before);
    if (stored > 0 || packsDone > 0) unwritten.push({ at, figures: { stored, packsDone } });
  }

  function record(at: number, figures: ProcessFigures): void {
    for (const level of levels) {
      const key = bucketKey(level, bucketStart(level, at));
      const sum: Record<string, number> = { ...written.get(key) };
      for (const [name, value] of Object.entries(figures)) sum[name] = (sum[name] ?? 0) + value;
      written.set(key, sum);
    }
  }

  async function read({ RequestItems = {} }: BatchGetCommandInput) {
    const keys = RequestItems[activityTable]?.Keys ?? [];
    const items = keys.map(({ bucket }) => ({ bucket, all: written.get(String(bucket)) ?? {} }));
    return { Responses: { [activityTable]: items } };
  }

  return {
    send(people, ids = []) {
      drain();
      sent += people;
      packs.push({ ids, lastPerson: sent });
      unwritten.push({ at: wallClock(), figures: { accepted: people, packsSent: 1 } });
    },
    countMessages() {
      drain();
      return packs.length - firstOpen;
    },
    storedAt(id) {
      drain();
      return storedTimes.get(id);
    },
    writeActivity() {
      drain();
      for (const { at, figures } of unwritten) record(at, figures);
      unwritten = [];
    },
    documents: {
      send: ({ input }: { input: BatchGetCommandInput }) => read(input),
    } as unknown as DynamoDBDocumentClient,
  };
}
