/**
 * Estimates from the activity how many people wait, how fast they are stored and how long that takes. Pure functions.
 *
 * SQS counts messages; the senders recorded how many people are in them. Messages leave roughly in order, so those
 * waiting are the ones sent last:
 *
 *     now ──► back over the packs sent, bucket by bucket, until there are as many as messages: the people in them wait
 *
 * Messages held by workers are the oldest, and partly stored: the workers report how many registrations are unfinished.
 *
 * The rate is that of all workers in the last 40 s of complete buckets; the wait follows from both.
 */
import { activityNames, noActivity, type Activity, type Holding } from "./bucket.ts";

/** What was done in an interval. */
export interface Slice extends Activity {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** What each worker held at its end. */
  readonly holdings?: ReadonlyMap<string, Holding>;
}

export interface Backlog {
  /** Registrations in the messages. */
  readonly people: number;
  /** True when more messages wait than packs are known: a lower bound. */
  readonly atLeast: boolean;
  /** Recent rate of finished registrations of all workers per second; 0 when there were none. */
  readonly drainPerSecond: number;
  /** Until those waiting now are stored at that rate; 0 when nobody waits, null while nothing is drained. */
  readonly etaSeconds: number | null;
  /** Recent rates per second over all processes. */
  readonly acceptedPerSecond: number;
  readonly storedPerSecond: number;
  readonly duplicatesPerSecond: number;
  /**
   * Age of the oldest waiting registration: how long those now being stored waited or, when none are, since when the
   * oldest messages wait. 0 when nobody waits, null when unknown.
   */
  readonly oldestAgeSeconds: number | null;
  /**
   * Milliseconds since the epoch: what was accepted before is finished, except for messages that are retried. The present
   * when nobody waits, null when unknown. Only from messages and packs sent, so it does not depend on what became of a
   * registration.
   */
  readonly finishedUntil: number | null;
}

/** After this a bucket is complete: 2 s between writes, the write, and clock differences. */
const completeAfterMs = 6_000;
/** Buckets of 10 s. */
const paceBuckets = 4;
const paceWidthMs = 10_000;
/** With this many empty complete buckets in a row, nothing is being drained. */
const emptyBuckets = 2;

/** The buckets for the rate: the latest complete ones, newest first. */
function latest(slices: readonly Slice[], now: number): readonly Slice[] {
  return slices
    .filter(({ from, to }) => to - from === paceWidthMs && to + completeAfterMs <= now)
    .slice(0, paceBuckets);
}

/**
 * Mean over the latest buckets. If activity began within them, only later buckets count, since the first is partial.
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

/** @returns the finished registrations, with any result */
export function drained({ stored, duplicate, gone, changed, deadLettered }: Activity): number {
  return stored + duplicate + gone + changed + deadLettered;
}

/** @returns whether these slices contain as many packs as messages wait, so that no older ones are needed */
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
  /** When the oldest message was sent; undefined when unknown. */
  readonly headAt: number | undefined;
}

/** Packs sent this recently are not all recorded yet. */
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
  // This many are not recorded yet; they are assumed to be like those before.
  const recent = sumOf(slices.filter(({ to }) => to > now - unwrittenMs));
  if (left > 0 && left <= recent.packsSent) {
    people += left * ((recent.accepted + recent.replayed) / recent.packsSent);
    left = 0;
  }
  // Each other message holds at least one registration.
  return { people: Math.round(people + left), atLeast: left > 0, headAt: left > 0 ? undefined : headAt };
}

/** @returns what all workers hold, by each one's latest report */
function heldNow(slices: readonly Slice[], now: number): Holding {
  const latestOf = new Map<string, Holding>();
  for (const { to, holdings } of slices) {
    // A worker silent for this long holds nothing: SQS has redelivered its messages.
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
  // A recent report may be outdated already.
  return Math.min(walk.people, others + heldPeople);
}

function oldestAge(slices: readonly Slice[], buckets: readonly Slice[], now: number, walk: Walk): number | null {
  const { stored, storedDelayMs } = sumOf(buckets);
  if (stored > 0) return tenths(storedDelayMs / stored / 1_000);
  const { packsSent, packsDone } = sumOf(slices);
  // Everything known is finished, so the message was sent a moment ago and is not recorded yet.
  if (walk.headAt === undefined || packsSent <= packsDone) return null;
  return Math.max(0, tenths((now - walk.headAt) / 1_000));
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * @param messages on the queue by SQS's count: visible, in flight and delayed
 * @param slices newest first, without gaps, as far back as `covers` needs; the latest 80 s in buckets of 10 s
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
    finishedUntil: messages <= 0 ? now : (walk.headAt ?? null),
  };
}

/** @returns the slices' sum */
export function sumOf(slices: readonly Activity[]): Activity {
  const sum: Record<keyof Activity, number> = { ...noActivity };
  for (const slice of slices) for (const name of activityNames) sum[name] += slice[name];
  return sum;
}
