/**
 * What the activity of all processes says of the queue: how many people wait, how fast they are stored, how long it takes.
 * Pure functions; SQS's count of messages and the activity are handed in.
 *
 * SQS counts messages; how many people are in them, the ones who sent them have written down. Messages leave about in the
 * order in which they came, so those that are there are the ones sent last:
 *
 *     now ──► back over the packs sent, bucket by bucket, until there are as many as messages: the people in them wait
 *
 * Of the messages that a worker holds, many people are stored already: it says itself how many are not. They are the oldest
 * ones, so it is the others that are walked over.
 *
 * The pace is what all workers did in the last 40 s of complete buckets; the wait is one by the other.
 */
import { activityNames, noActivity, type Activity, type Holding } from "./bucket.ts";

/** What was done from one moment to another. */
export interface Slice extends Activity {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** What each worker held at the end of it. */
  readonly holdings?: ReadonlyMap<string, Holding>;
}

export interface Backlog {
  /** Registrations in the messages. */
  readonly people: number;
  /** True when more messages wait than packs are known: then there are at least so many people. */
  readonly atLeast: boolean;
  /** Registrations done each second of late, whatever came of them, by all workers together; 0 when none were. */
  readonly drainPerSecond: number;
  /** Until those who wait now are stored at that pace; 0 when nobody waits, null while nothing is drained. */
  readonly etaSeconds: number | null;
  /** Each second, of late, over all processes. */
  readonly acceptedPerSecond: number;
  readonly storedPerSecond: number;
  readonly duplicatesPerSecond: number;
  /**
   * Since the first acceptance of what is at the head of the queue: how long those waited who are being stored, or while
   * nobody is, since when the oldest messages are there. 0 when nobody waits, null when it is not known.
   */
  readonly oldestAgeSeconds: number | null;
}

/**
 * A bucket is complete when every process has written its last seconds: 2 s between two writes, the write itself, and
 * what the clocks differ by.
 */
const completeAfterMs = 6_000;
/** Buckets of 10 s. */
const paceBuckets = 4;
const paceWidthMs = 10_000;
/** With this many complete buckets empty in a row, nothing is drained. */
const emptyBuckets = 2;

/** What the pace is told from: the latest buckets that are complete, the newest first. */
function latest(slices: readonly Slice[], now: number): readonly Slice[] {
  return slices
    .filter(({ from, to }) => to - from === paceWidthMs && to + completeAfterMs <= now)
    .slice(0, paceBuckets);
}

/**
 * The mean over the latest buckets. Where it all began within them, only those after the one in which it began count: that
 * one is not full.
 */
function perSecond(buckets: readonly Slice[], valueOf: (slice: Slice) => number): number {
  const values = buckets.map(valueOf);
  if (values.slice(0, emptyBuckets).every((value) => value === 0)) return 0;
  const began = values.findLastIndex((value) => value > 0);
  const sum = (count: number) => values.slice(0, count).reduce((total, value) => total + value, 0);
  const isWhole = began === paceBuckets - 1 || sum(began) === 0;
  const count = isWhole ? began + 1 : began;
  return sum(count) / (count * (paceWidthMs / 1_000));
}

/** @returns the registrations that were done: whatever came of them, they wait no more */
export function drained({ stored, duplicate, gone, deadLettered }: Activity): number {
  return stored + duplicate + gone + deadLettered;
}

/** @returns whether the packs sent in these slices are as many as the messages, so that no older ones are needed */
export function covers(slices: readonly Slice[], messages: number): boolean {
  let packs = 0;
  for (const { packsSent } of slices) {
    packs += packsSent;
    if (packs >= messages) return true;
  }
  return messages <= 0;
}

interface Walk {
  readonly people: number;
  readonly atLeast: boolean;
  /** When the oldest of the messages was sent; undefined when it is not known. */
  readonly headAt: number | undefined;
}

/** What was sent so long ago is not all written yet. */
const unwrittenMs = 2 * paceWidthMs;

function walkBack(slices: readonly Slice[], messages: number, now: number): Walk {
  let left = messages;
  let people = 0;
  let headAt: number | undefined;
  for (const { accepted, replayed, packsSent, from, to } of slices) {
    if (left <= 0) break;
    if (packsSent === 0) continue;
    const share = Math.min(1, left / packsSent);
    people += (accepted + replayed) * share;
    left -= packsSent * share;
    headAt = to - (to - from) * share;
  }
  // As many as that are on their way into the table: they will be such as those before them.
  const recent = sumOf(slices.filter(({ to }) => to > now - unwrittenMs));
  if (left > 0 && left <= recent.packsSent) {
    people += left * ((recent.accepted + recent.replayed) / recent.packsSent);
    left = 0;
  }
  // Somebody is in each of the others, too.
  return { people: Math.round(people + left), atLeast: left > 0, headAt: left > 0 ? undefined : headAt };
}

/** @returns what all workers hold, by the latest that each of them said */
function heldNow(slices: readonly Slice[], now: number): Holding {
  const latestOf = new Map<string, Holding>();
  for (const { to, holdings } of slices) {
    // Who has said nothing for so long holds nothing any more: SQS gives what it had to others.
    if (to <= now - unwrittenMs) break;
    for (const [processId, holding] of holdings ?? []) {
      if (!latestOf.has(processId)) latestOf.set(processId, holding);
    }
  }
  let heldPacks = 0;
  let heldPeople = 0;
  for (const holding of latestOf.values()) {
    heldPacks += holding.heldPacks;
    heldPeople += holding.heldPeople;
  }
  return { heldPacks, heldPeople };
}

function countPeople(slices: readonly Slice[], messages: number, now: number, walk: Walk): number {
  const { heldPacks, heldPeople } = heldNow(slices, now);
  if (heldPacks === 0) return walk.people;
  const others = walkBack(slices, Math.max(0, messages - heldPacks), now).people;
  // What was said a moment ago may be done by now.
  return Math.min(walk.people, others + heldPeople);
}

function oldestAge(slices: readonly Slice[], buckets: readonly Slice[], now: number, walk: Walk): number | null {
  const { stored, storedDelayMs } = sumOf(buckets);
  if (stored > 0) return tenths(storedDelayMs / stored / 1_000);
  const { packsSent, packsDone } = sumOf(slices);
  // All of those are done: the message is one that was sent a moment ago, and is not written down yet.
  if (walk.headAt === undefined || packsSent <= packsDone) return null;
  return Math.max(0, tenths((now - walk.headAt) / 1_000));
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * @param messages on the queue by SQS's count: visible, in flight and delayed
 * @param slices the newest first, without gaps, as far back as `covers` asks or as there are; the latest 80 s in buckets
 *   of 10 s
 * @param now milliseconds since the epoch
 */
export function estimateBacklog(messages: number, slices: readonly Slice[], now: number): Backlog {
  const buckets = latest(slices, now);
  const pace = perSecond(buckets, drained);
  const walk = walkBack(slices, messages, now);
  const { atLeast } = walk;
  const people = countPeople(slices, messages, now, walk);
  return {
    people,
    atLeast,
    drainPerSecond: tenths(pace),
    etaSeconds: messages <= 0 ? 0 : pace > 0 ? Math.ceil(people / pace) : null,
    acceptedPerSecond: tenths(perSecond(buckets, ({ accepted }) => accepted)),
    storedPerSecond: tenths(perSecond(buckets, (slice) => slice.stored)),
    duplicatesPerSecond: tenths(perSecond(buckets, ({ duplicate }) => duplicate)),
    oldestAgeSeconds: messages <= 0 ? 0 : oldestAge(slices, buckets, now, walk),
  };
}

/** @returns the slices' sum */
export function sumOf(slices: readonly Activity[]): Activity {
  const sum: Record<keyof Activity, number> = { ...noActivity };
  for (const slice of slices) for (const name of activityNames) sum[name] += slice[name];
  return sum;
}
