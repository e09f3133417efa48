import { t } from "../equipment/file-test.ts";
import { createHistory, pastPoints, toHistoryPoint } from "../../console/history.ts";
import { noActivity, type Activity } from "../../shared/activity/bucket.ts";
import { inspectionWith } from "./inspection.ts";

t.test("what is older than the span is forgotten; a failed look is a gap, not a zero", async (t) => {
  const history = createHistory(10);
  for (const at of [0, 5, 9, 12]) history.add({ ...toHistoryPoint(at * 1_000, undefined), people: at });
  history.add(toHistoryPoint(15_000, undefined));
  t.same(history.columns().at, [5, 9, 12, 15]);
  t.same(history.columns().people, [5, 9, 12, null]);
  t.same(history.columns().acceptedPerSecond, [null, null, null, null]);
});

const now = Date.parse("2026-03-01T09:00:05Z");
const slice = (endSeconds: number, activity: Partial<Activity>) => {
  const to = Date.parse("2026-03-01T09:00:00Z") + endSeconds * 1_000;
  return { ...noActivity, ...activity, from: to - 10_000, to };
};
const seen = inspectionWith({
  queue: { messages: 2, inFlight: 1, registrationsEstimate: 300, at: new Date(now).toISOString() },
});

t.test("the past is told backwards from what is there now", async (t) => {
  const slices = [
    slice(10, { accepted: 50, packsSent: 1 }),
    slice(0, { accepted: 100, packsSent: 2, stored: 40, duplicate: 10, packsDone: 1, storedDelayMs: 80_000 }),
    slice(-10, { accepted: 200, packsSent: 2 }),
    slice(-20, {}),
  ];
  const points = pastPoints(slices, seen, now - 3_600_000);
  t.match(points, [
    { people: 200, messages: 1, acceptedPerSecond: 20, storedPerSecond: 0, oldestAgeSeconds: null },
    { people: 250, messages: 2, acceptedPerSecond: 10, storedPerSecond: 4, oldestAgeSeconds: 2 },
  ]);
  t.same(
    points.map(({ at }) => at),
    [-10, 0].map((seconds) => Date.parse("2026-03-01T09:00:00Z") / 1_000 + seconds),
    "a bucket that runs has no point, nor has the time before anything was done",
  );
});

t.test("more done than was known to be sent is nobody waiting, not less than nobody", async (t) => {
  const slices = [slice(0, { accepted: 1_000, packsSent: 10 }), slice(-10, { accepted: 1, packsSent: 1 })];
  t.match(pastPoints(slices, seen, 0), [{ people: 0, messages: 0 }, { people: 300 }]);
});

t.test("the past takes the place of what was seen, and what is seen goes on after it", async (t) => {
  const history = createHistory(3_600);
  history.add({ ...toHistoryPoint(now, undefined), people: 1 });
  history.replace(pastPoints([slice(0, { accepted: 10, packsSent: 1 })], seen, 0));
  history.add({ ...toHistoryPoint(now, undefined), people: 301 });
  t.same(history.columns().people, [300, 301]);
});
