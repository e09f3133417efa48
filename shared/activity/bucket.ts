/**
 * Items of the activity table: what each process did, in time buckets. Each process sets its own totals under its own
 * attribute, so writes never conflict and repeating one changes nothing.
 *
 * Each event is recorded at three levels, so that reading far back is cheap: 90 items for the last quarter of an hour,
 * some 120 for two hours, some 340 for two weeks. An item holds about 60 bytes per process.
 */
import { sqsLimits } from "../aws/aws-limits.ts";

/** Totals of one process or all, per bucket. */
export interface Activity {
  /** Registrations and changes of them whose pack SQS confirmed, each answered 202. */
  readonly accepted: number;
  /** Registrations enqueued by a replay. */
  readonly replayed: number;
  /** Packs that SQS confirmed, of either kind. */
  readonly packsSent: number;
  /** Registrations stored for the first time. */
  readonly stored: number;
  /** Registrations whose address was taken. */
  readonly duplicate: number;
  /** Registrations erased or withdrawn before they were stored. */
  readonly gone: number;
  /** Corrections and withdrawals that are finished. */
  readonly changed: number;
  readonly deadLettered: number;
  /** Packs finished and deleted. */
  readonly packsDone: number;
  /** Sum over stored registrations of the time from acceptance to the table, milliseconds. */
  readonly storedDelayMs: number;
}

export const activityNames = [
  "accepted",
  "replayed",
  "packsSent",
  "stored",
  "duplicate",
  "gone",
  "changed",
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
  changed: 0,
  deadLettered: 0,
  packsDone: 0,
  storedDelayMs: 0,
});

/**
 * What a worker holds now: messages that SQS still counts although many of their registrations are stored. A state, not
 * a total: only a process's latest value counts, in the finest buckets.
 */
export interface Holding {
  /** Packs received and neither deleted nor given back. */
  readonly heldPacks: number;
  /** Registrations in them that are unfinished. */
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
  /** How far back this level is read; then the next one takes over, at one of its bucket boundaries. */
  readonly reachMs: number;
  /** Retention after the bucket's end. */
  readonly keepMs: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** From fine to coarse; each width divides the next. */
export const levels: readonly [Level, ...Level[]] = [
  { name: "10s", widthMs: 10 * second, reachMs: 14 * minute, keepMs: hour },
  { name: "1m", widthMs: minute, reachMs: 2 * hour, keepMs: 24 * hour },
  // SQS keeps nothing longer.
  {
    name: "1h",
    widthMs: hour,
    reachMs: sqsLimits.maxRetentionSeconds * second,
    keepMs: sqsLimits.maxRetentionSeconds * second,
  },
];

/** @returns the start of the bucket at this time; both milliseconds since the epoch */
export function bucketStart({ widthMs }: Pick<Level, "widthMs">, at: number): number {
  return Math.floor(at / widthMs) * widthMs;
}

/** @returns the key of a bucket, such as `10s/2026-03-01T09:00:10Z` */
export function bucketKey({ name }: Pick<Level, "name">, start: number): string {
  return `${name}/${new Date(start).toISOString().slice(0, 19)}Z`;
}

/** @returns what each process held at the end of a bucket, by process id */
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

/** @returns the totals of all processes in a bucket; zeros when the item does not exist */
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
