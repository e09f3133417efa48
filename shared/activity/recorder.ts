/**
 * Writes this process's activity into the activity table; part of each process that sends or stores registrations.
 *
 * It never disturbs the work: it reads existing counters once a second and adds the increments to the current buckets.
 * Changed buckets are written every two seconds, as totals, so that a repeated write counts nothing twice. Failed
 * writes are kept, up to a bound, and retried with growing pauses.
 */
import { UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Part } from "../process/lifecycle.ts";
import type { Logger } from "../process/logger.ts";
import { createRepeatedFailure } from "../process/repeated-failure.ts";
import { activityNames, bucketKey, bucketStart, levels, type Level, type ProcessFigures } from "./bucket.ts";

export interface ActivityRecorderOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly table: string;
  /** Name of this process's attribute: chosen at random at its start. */
  readonly processId: string;
  /** @returns the totals since the start, and what is held now; missing ones are 0 */
  readonly read: () => ProcessFigures | Promise<ProcessFigures>;
  readonly logger: Pick<Logger, "warn" | "info">;
  /** The construct that grants the write permission, for the error message. */
  readonly construct: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** Time for the last write during a stop, milliseconds. Default: 2 s. */
  readonly closeWithinMs?: number;
}

export interface ActivityRecorder extends Part {
  readonly start: () => Promise<void>;
  /** Writes the rest, within its time limit. Safe to repeat. */
  readonly stop: () => Promise<void>;
  /** Reads the counters and writes changes now; never rejects. Timers call it as well. */
  readonly record: () => Promise<void>;
}

interface Bucket {
  readonly key: string;
  readonly start: number;
  readonly level: Level;
  readonly totals: { -readonly [Name in keyof ProcessFigures]: number };
  /** Increases with each change; `written` is the version in the table. */
  version: number;
  written: number;
}

const [finest] = levels;
const sampleEveryMs = 1_000;
/** Also the delay that `estimate.ts` allows for. */
const writeEveryMs = 2_000;
const defaultCloseWithinMs = 2_000;
/** After a longer gap, such as sleep, the time of the events is unknown. */
const longestSampleMs = 10_000;
/** Some ten minutes without success; then the oldest are dropped. */
const maxUnwritten = 96;
const maxWritesAtOnce = 12;
const longestBackoffMs = 60_000;
/** Kept after its last write in case the clock goes back. */
const lingerMs = 120_000;

export function createActivityRecorder(options: ActivityRecorderOptions): ActivityRecorder {
  const { documents, table, processId, read, logger, construct, wallClock, random } = options;
  const { closeWithinMs = defaultCloseWithinMs } = options;
  const now = () => performance.now();
  const buckets = new Map<string, Bucket>();
  const failure = createRepeatedFailure({
    logger,
    message: "what this process does is not written to the activity table; all else goes on",
    action: "dynamodb:UpdateItem",
    resource: table,
    construct,
    now,
  });
  let seen: ProcessFigures = {};
  let sampledAt: number | undefined;
  let failures = 0;
  let nextWriteAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let sampling: Promise<void> | undefined;
  let writing: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  function bucketOf(level: Level, at: number): Bucket {
    const start = bucketStart(level, at);
    const key = bucketKey(level, start);
    let bucket = buckets.get(key);
    if (!bucket) {
      bucket = { key, start, level, totals: {}, version: 0, written: 0 };
      buckets.set(key, bucket);
    }
    return bucket;
  }

  async function takeSample(): Promise<void> {
    let totals: ProcessFigures;
    try {
      totals = await read();
    } catch (error) {
      return failure.failed(error);
    }
    const at = wallClock();
    const sinceMs = at - (sampledAt ?? at);
    // The middle of the sampled interval.
    const when = sinceMs > 0 && sinceMs <= longestSampleMs ? at - sinceMs / 2 : at;
    sampledAt = at;
    for (const name of activityNames) {
      const added = Math.round((totals[name] ?? 0) - (seen[name] ?? 0));
      if (added === 0) continue;
      for (const level of levels) {
        const bucket = bucketOf(level, when);
        bucket.totals[name] = (bucket.totals[name] ?? 0) + added;
        bucket.version += 1;
      }
    }
    const { heldPacks = 0, heldPeople = 0 } = totals;
    // Repeated in each bucket, since a silent process counts as gone; and once when it becomes zero.
    if (heldPacks > 0 || (seen.heldPacks ?? 0) > 0) {
      const bucket = bucketOf(finest, at);
      Object.assign(bucket.totals, { heldPacks, heldPeople });
      bucket.version += 1;
    }
    seen = totals;
  }

  function sample(): Promise<void> {
    sampling ??= takeSample().finally(() => (sampling = undefined));
    return sampling;
  }

  function isWritten({ version, written }: Bucket): boolean {
    return version === written;
  }

  function unwritten(): Bucket[] {
    return [...buckets.values()].filter((bucket) => !isWritten(bucket)).toSorted((a, b) => b.start - a.start);
  }

  function forget(): void {
    const at = wallClock();
    for (const bucket of buckets.values()) {
      if (isWritten(bucket) && bucket.start + bucket.level.widthMs + lingerMs < at) buckets.delete(bucket.key);
    }
    // The finest first: the coarser ones contain their totals.
    const given = unwritten().toSorted((a, b) => b.level.widthMs - a.level.widthMs || b.start - a.start);
    for (const bucket of given.slice(maxUnwritten)) buckets.delete(bucket.key);
  }

  async function write(bucket: Bucket, abortSignal: AbortSignal | undefined): Promise<void> {
    const { key, start, level, version } = bucket;
    await documents.send(
      new UpdateCommand({
        TableName: table,
        Key: { bucket: key },
        UpdateExpression: "SET #me = :totals, expiresAt = :expiresAt",
        ExpressionAttributeNames: { "#me": processId },
        ExpressionAttributeValues: {
          ":totals": { ...bucket.totals },
          ":expiresAt": Math.ceil((start + level.widthMs + level.keepMs) / 1_000),
        },
      }),
      { ...(abortSignal && { abortSignal }) },
    );
    bucket.written = version;
  }

  async function writeSome(signal?: AbortSignal): Promise<void> {
    forget();
    // The latest first: they are read most.
    const ends = await Promise.allSettled(
      unwritten()
        .slice(0, maxWritesAtOnce)
        .map((bucket) => write(bucket, signal)),
    );
    if (ends.length === 0) return;
    const broken = ends.find((end) => end.status === "rejected");
    if (!broken) {
      failures = 0;
      nextWriteAt = 0;
      return failure.succeeded();
    }
    failures += 1;
    nextWriteAt = now() + Math.min(longestBackoffMs, writeEveryMs * 2 ** failures) * (0.5 + random() / 2);
    failure.failed(broken.reason);
  }

  function writeWhatChanged(signal?: AbortSignal): Promise<void> {
    writing ??= writeSome(signal).finally(() => (writing = undefined));
    return writing;
  }

  async function record(): Promise<void> {
    await sample();
    await writeWhatChanged();
  }

  async function close(): Promise<void> {
    clearInterval(timer);
    const deadline = new AbortController();
    const cutOff = setTimeout(() => deadline.abort(), closeWithinMs);
    const late = new Promise<void>((resolve) => deadline.signal.addEventListener("abort", () => resolve()));
    async function finish(): Promise<void> {
      await writing;
      await sampling;
      await sample();
      let left = Infinity;
      // As long as writes succeed.
      for (let open = unwritten().length; open > 0 && open < left; open = unwritten().length) {
        left = open;
        // oxlint-disable-next-line no-await-in-loop
        await writeWhatChanged(deadline.signal);
      }
    }
    await Promise.race([finish(), late]);
    clearTimeout(cutOff);
  }

  return {
    name: "activity",
    async start() {
      await sample();
      let samples = 0;
      timer = setInterval(() => {
        samples += 1;
        void sample();
        if (samples % (writeEveryMs / sampleEveryMs) !== 0 || now() < nextWriteAt || writing) return;
        void sampling?.then(() => writeWhatChanged());
      }, sampleEveryMs);
      timer.unref();
    },
    stop() {
      stopping ??= close();
      return stopping;
    },
    record,
  };
}
