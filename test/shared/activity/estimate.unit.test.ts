import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { bucketStart, levels, noActivity, type Activity } from "../../../shared/activity/bucket.ts";
import { covers, estimateBacklog, sumOf, type Slice } from "../../../shared/activity/estimate.ts";
import { stepsBack } from "../../../shared/activity/reader.ts";

const now = Date.parse("2026-03-01T09:31:17Z");
/** The start of the bucket that runs. */
const running = bucketStart({ widthMs: 10_000 }, now);

/** @returns slices of 10 s, the newest first: that of the running bucket, and the ones before */
function slicesOf(activities: readonly Partial<Activity>[]): Slice[] {
  return activities.map((activity, index) => {
    const from = running - index * 10_000;
    return { ...noActivity, ...activity, from, to: from + 10_000 };
  });
}

/** As many as it takes for a pace, each alike. */
function steady(activity: Partial<Activity>, buckets = 8): Slice[] {
  return slicesOf(Array.from({ length: buckets }, () => activity));
}

t.test("an empty queue is no wait, whatever is known", async (t) => {
  t.match(estimateBacklog(0, [], now), { people: 0, atLeast: false, etaSeconds: 0, oldestAgeSeconds: 0 });
  t.match(estimateBacklog(0, steady({ accepted: 5, packsSent: 1, stored: 5 }), now), { people: 0, etaSeconds: 0 });
});

t.test(
  "people are those of the packs sent last, as many as messages; of a bucket of which some are gone, a share",
  async (t) => {
    const slices = slicesOf([
      {},
      {},
      {},
      { accepted: 30, packsSent: 3 },
      { accepted: 1_000, packsSent: 4 },
      {},
      { replayed: 60, packsSent: 2 },
    ]);
    t.match(estimateBacklog(3, slices, now), { people: 30, atLeast: false });
    t.match(estimateBacklog(5, slices, now), { people: 530, atLeast: false });
    t.match(estimateBacklog(9, slices, now), { people: 1_090, atLeast: false });
    t.match(estimateBacklog(11, slices, now), { people: 1_092, atLeast: true }, "one at least in each of the others");
    t.ok(covers(slices, 9));
    t.notOk(covers(slices, 10));
  },
);

t.test("what is being sent is not all written yet: a few more messages than packs are no lower bound", async (t) => {
  const [some, more] = [
    { accepted: 100, packsSent: 1 },
    { accepted: 300, packsSent: 3 },
  ];
  const slices = slicesOf([some, more, {}, { accepted: 50, packsSent: 50 }]);
  t.match(estimateBacklog(58, slices, now), { people: 850, atLeast: false });
  t.match(
    estimateBacklog(59, slices, now),
    { people: 455, atLeast: true },
    "control: more than that cannot be on its way",
  );
});

t.test("of what a worker holds many are stored already: it says how many are not, by what it said last", async (t) => {
  const holding = (heldPacks: number, heldPeople: number) => ({ heldPacks, heldPeople });
  const [latest, before, ...older] = steady({ accepted: 500, packsSent: 2, stored: 200 });
  const slices = [
    { ...latest!, holdings: new Map([["a", holding(4, 300)]]) },
    {
      ...before!,
      holdings: new Map([
        ["a", holding(4, 900)],
        ["b", holding(2, 100)],
      ]),
    },
    ...older,
  ];
  t.match(estimateBacklog(10, slices, now), { people: 4 * 250 + 400, etaSeconds: 70 });
  t.match(estimateBacklog(1, slices, now), { people: 250 }, "what was said a moment ago may be done by now");
  const silent = [latest!, before!, older[0]!, { ...older[1]!, holdings: new Map([["a", holding(4, 900)]]) }];
  t.match(estimateBacklog(8, silent, now), { people: 2_000 }, "who says nothing more holds nothing more");
});

t.test("pace is what all workers did in complete buckets; the wait is people by pace", async (t) => {
  const slices = steady({ accepted: 500, packsSent: 2, stored: 70, duplicate: 20, deadLettered: 10 });
  t.match(estimateBacklog(4, slices, now), {
    people: 1_000,
    drainPerSecond: 10,
    etaSeconds: 100,
    acceptedPerSecond: 50,
    storedPerSecond: 7,
    duplicatesPerSecond: 2,
  });
  const [, ...complete] = slices;
  t.equal(estimateBacklog(4, [{ ...slices[0]!, stored: 1e6 }, ...complete], now).drainPerSecond, 10, "not what runs");
});

t.test("while nothing is drained the wait is unknown, also soon after the last worker stopped", async (t) => {
  t.match(estimateBacklog(4, steady({ accepted: 500, packsSent: 2 }), now), { drainPerSecond: 0, etaSeconds: null });
  const done = { stored: 100, packsSent: 9, accepted: 9 };
  const stopped = slicesOf([{}, {}, {}, done, done, done, done]);
  t.match(estimateBacklog(4, stopped, now), { drainPerSecond: 0, etaSeconds: null });
  const paused = slicesOf([{}, {}, done, done, done, done]);
  t.match(estimateBacklog(4, paused, now), { drainPerSecond: 7.5 }, "control: one empty bucket may be chance");
});

t.test("a drain that just began is told by its full buckets, not by the one in which it began", async (t) => {
  const slices = slicesOf([{ packsSent: 9, accepted: 900 }, { stored: 400 }, { stored: 400 }, { stored: 30 }, {}, {}]);
  t.equal(estimateBacklog(9, slices, now).drainPerSecond, 40);
  const first = slicesOf([{ packsSent: 9, accepted: 900 }, { stored: 30 }, {}, {}, {}]);
  t.equal(estimateBacklog(9, first, now).drainPerSecond, 3, "where there is no other, by that one");
});

t.test("the oldest is as old as those waited who are being stored, or else as the messages are", async (t) => {
  const drained = steady({ accepted: 10, packsSent: 1, stored: 4, storedDelayMs: 50_000 });
  t.equal(estimateBacklog(5, drained, now).oldestAgeSeconds, 12.5);
  const standing = steady({ accepted: 10, packsSent: 1 });
  t.equal(estimateBacklog(5, standing, now).oldestAgeSeconds, 47, "sent in the fifth bucket from now");
  t.equal(estimateBacklog(50, standing, now).oldestAgeSeconds, null, "older than what is known");
  const quiet = slicesOf([{}, {}, {}, {}, {}, {}, {}, { accepted: 1, packsSent: 1, packsDone: 1, stored: 1 }]);
  t.equal(estimateBacklog(1, quiet, now).oldestAgeSeconds, null, "sent just now, not the one that is done");
});

t.test("finished is what was sent before the oldest message that waits, whatever became of it", async (t) => {
  const standing = steady({ accepted: 10, packsSent: 1 });
  t.equal(estimateBacklog(0, standing, now).finishedUntil, now, "nobody waits");
  t.equal(estimateBacklog(5, standing, now).finishedUntil, running - 40_000, "sent in the fifth bucket from now");
  t.equal(estimateBacklog(50, standing, now).finishedUntil, null, "older than what is known");
  const halves = steady({ accepted: 1_000, packsSent: 4 });
  t.equal(
    estimateBacklog(6, halves, now).finishedUntil,
    running - 5_000,
    "of a bucket of which some are gone, a share",
  );
  const differences = [{ stored: 4, storedDelayMs: 9_000 }, { duplicate: 4 }, { gone: 4 }, { deadLettered: 4 }];
  for (const difference of differences) {
    const slices = steady({ accepted: 1_000, packsSent: 4, packsDone: 1, ...difference });
    t.equal(estimateBacklog(6, slices, now).finishedUntil, running - 5_000, JSON.stringify(difference));
  }
});

t.test("what several slices hold is summed by what was done", async (t) => {
  const open = slicesOf([{}, {}, {}, { packsSent: 3 }, { packsSent: 3, packsDone: 3 }]);
  t.same(sumOf(open), { ...noActivity, packsSent: 6, packsDone: 3 });
});

/** A pack by what is known of it outside. */
interface Sent {
  readonly at: number;
  readonly people: number;
}

/** Puts packs into buckets as the recorder does, at the levels at which the reader reads them. */
function recorded(packs: readonly Sent[], seesUntil: number): Slice[] {
  const slices: Slice[] = [];
  for (const { level, from, to } of stepsBack(now)) {
    const sums = new Map<number, { accepted: number; packsSent: number }>();
    for (const { at, people } of packs) {
      if (at < from || at >= to || at > seesUntil) continue;
      const start = bucketStart(level, at);
      const sum = sums.get(start) ?? { accepted: 0, packsSent: 0 };
      sums.set(start, { accepted: sum.accepted + people, packsSent: sum.packsSent + 1 });
    }
    for (let start = to - level.widthMs; start >= from; start -= level.widthMs) {
      slices.push({ ...noActivity, ...sums.get(start), from: start, to: start + level.widthMs });
    }
  }
  return slices;
}

t.test(
  "for any stream of packs the people that are left are told within a tenth, whatever is not written yet",
  async () => {
    const phase = fc.record({
      seconds: fc.integer({ min: 60, max: 3 * 3_600 }),
      packsPerSecond: fc.double({ min: 0.2, max: 2, noNaN: true }),
      packSize: fc.constantFrom(1, 4, 60, 250),
    });
    fc.assert(
      fc.property(
        fc.array(phase, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0.02, max: 0.98, noNaN: true }),
        fc.integer({ min: 0, max: 3_000 }),
        (phases, share, unwrittenMs) => {
          const packs: Sent[] = [];
          let at = now;
          for (const { seconds, packsPerSecond, packSize } of phases) {
            const every = 1_000 / packsPerSecond;
            for (const end = at - seconds * 1_000; at > end; at -= every) packs.push({ at, people: packSize });
          }
          const left = Math.max(1, Math.floor(packs.length * share));
          const truth = packs.slice(0, left).reduce((sum, { people }) => sum + people, 0);
          const { people, atLeast } = estimateBacklog(left, recorded(packs, now - unwrittenMs), now);
          const unwritten = packs.filter((pack) => pack.at > now - unwrittenMs).length;
          // What is not written yet is stood in for by as many older packs; and of the bucket where the walk ends, which may
          // be an hour far back, only the mean is known.
          const slack = 250 * (unwritten + 2) + 0.1 * truth + mixOfLastBucket(packs, left);
          return (!atLeast || packs.length - unwritten < left) && Math.abs(people - truth) <= slack;
        },
      ),
      { numRuns: 60 },
    );
  },
);

/** What can be wrong at most by taking the mean of the bucket in which the walk ends, where its packs differ in size. */
function mixOfLastBucket(packs: readonly Sent[], left: number): number {
  const last = packs[left - 1];
  if (!last) return 0;
  const step = stepsBack(now).find(({ from }) => last.at >= from) ?? stepsBack(now).at(-1);
  const level = step?.level ?? levels[0];
  const start = bucketStart(level, last.at);
  const inside = packs.filter(({ at }) => at >= start && at < start + level.widthMs);
  const sizes = inside.map(({ people }) => people);
  if (Math.min(...sizes) === Math.max(...sizes)) return 0;
  return inside.length * (Math.max(...sizes) - Math.min(...sizes));
}
