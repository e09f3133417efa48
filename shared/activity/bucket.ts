/**
 * The items of the activity table: what the processes of a deployment did, in buckets of time. Every process keeps its own
 * totals of a bucket under its own attribute, so nobody overwrites anybody, and writing the same again changes nothing.
 *
 * The same is written at three levels. The coarser ones make looking back cheap: the last quarter of an hour is 90 items,
 * two hours are some 120 more, two weeks some 340 more. One item holds some 60 bytes for each process.
 */
import { sqsLimits } from "../aws/aws-limits.ts";

/** What was done, by one process or by all of them. Each starts at 0 with each bucket. */
export interface Activity {
  /** Registrations whose pack SQS confirmed, each by somebody who was answered 202. */
  readonly accepted: number;
  /** Registrations that a replay put on the queue once more. */
  readonly replayed: number;
  /** Packs that SQS confirmed, of either kind. */
  readonly packsSent: number;
  /** Registrations stored for the first time. */
  readonly stored: number;
  /** Registrations of an address that another had first. */
  readonly duplicate: number;
  /** Registrations that were erased or withdrawn before they could be stored. */
  readonly gone: number;
  readonly deadLettered: number;
  /** Packs that were wholly done and deleted. */
  readonly packsDone: number;
  /** Sum over the stored ones of the time from the first acceptance to the table, milliseconds. */
  readonly storedDelayMs: number;
}

export const activityNames = [
  "accepted",
  "replayed",
  "packsSent",
  "stored",
  "duplicate",
  "gone",
  "deadLettered",
  "packsDone",
  "storedDelayMs",
] as const satisfies readonly (keyof Activity)[];

export const noActivity: Activity = Object.freeze({
  accepted: 0,
  replayed: 0,
  packsSent: 0,
  stored: 0,
  duplicate: 0,
  gone: 0,
  deadLettered: 0,
  packsDone: 0,
  storedDelayMs: 0,
});

/**
 * What a worker has in its hands at this moment: messages that SQS counts still, although many people in them are stored.
 * Not a total but a state, so only the latest of a process counts, and only in the finest buckets.
 */
export interface Holding {
  /** Packs received and neither deleted nor given back. */
  readonly heldPacks: number;
  /** Registrations in them that are not done. */
  readonly heldPeople: number;
}

export type ProcessFigures = Partial<Activity & Holding>;

export function isNothing(activity: Activity): boolean {
  return activityNames.every((name) => activity[name] === 0);
}

export interface Level {
  /** First part of the key. */
  readonly name: string;
  readonly widthMs: number;
  /** How far back from now it is read; beyond, the next level is. Each boundary is widened to a bucket of the next level. */
  readonly reachMs: number;
  /** How long an item is kept after its bucket's end. */
  readonly keepMs: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** From fine to coarse; each width divides the next. */
export const levels: readonly [Level, ...Level[]] = [
  { name: "10s", widthMs: 10 * second, reachMs: 14 * minute, keepMs: hour },
  { name: "1m", widthMs: minute, reachMs: 2 * hour, keepMs: 24 * hour },
  // Nothing waits for longer than SQS keeps it.
  {
    name: "1h",
    widthMs: hour,
    reachMs: sqsLimits.maxRetentionSeconds * second,
    keepMs: sqsLimits.maxRetentionSeconds * second,
  },
];

/** @returns the start of the bucket that holds this moment; both milliseconds since the epoch */
export function bucketStart({ widthMs }: Pick<Level, "widthMs">, at: number): number {
  return Math.floor(at / widthMs) * widthMs;
}

/** @returns the key of a bucket, such as `10s/2026-03-01T09:00:10Z` */
export function bucketKey({ name }: Pick<Level, "name">, start: number): string {
  return `${name}/${new Date(start).toISOString().slice(0, 19)}Z`;
}

/** @returns what each process that said so held at the end of a bucket, by its id */
export function holdingsOfItem(item: Readonly<Record<string, unknown>> = {}): ReadonlyMap<string, Holding> {
  const holdings = new Map<string, Holding>();
  for (const [processId, figures] of Object.entries(item)) {
    const { heldPacks, heldPeople } = (figures ?? {}) as { heldPacks?: unknown; heldPeople?: unknown };
    if (typeof heldPacks === "number" && typeof heldPeople === "number") {
      holdings.set(processId, { heldPacks, heldPeople });
    }
  }
  return holdings;
}

/** @returns what all processes did in a bucket; of an item that does not exist, nothing */
export function sumOfItem(item: Readonly<Record<string, unknown>> = {}): Activity {
  const sum: Record<keyof Activity, number> = { ...noActivity };
  for (const [name, totals] of Object.entries(item)) {
    if (name === "bucket" || typeof totals !== "object" || totals === null) continue;
    for (const [what, value] of Object.entries(totals)) {
      if (what in sum && typeof value === "number") sum[what as keyof Activity] += value;
    }
  }
  return sum;
}
