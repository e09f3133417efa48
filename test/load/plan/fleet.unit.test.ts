import { t } from "../../equipment/file-test.ts";
import { createWebFleet, createWorkerFleet } from "../../../load/plan/fleet.ts";
import { scalingPolicy } from "../../../shared/aws/scaling-policy.ts";

const bounds = { minInstances: 2, maxInstances: 6 };
const readySeconds = 100;

function run(seconds: number, step: (second: number) => void, from = 0): number {
  for (let second = from; second < from + seconds; second += 1) step(second);
  return from + seconds;
}

t.test("the web tier grows after its two measurements above the threshold, when the instances are ready", async (t) => {
  const fleet = createWebFleet(2, bounds, readySeconds);
  run(119, (second) => fleet.step(second, 100));
  t.equal(fleet.inService, 2, "one measurement is not enough");
  run(readySeconds, (second) => fleet.step(second, 100), 119);
  t.equal(fleet.inService, 2, "on their way");
  run(1, (second) => fleet.step(second, 100), 219);
  t.equal(fleet.inService, 2 + scalingPolicy.web.cpu.addInstances);
});

t.test("the web tier grows to its maximum and shrinks to its minimum, and never beyond", async (t) => {
  const fleet = createWebFleet(2, bounds, readySeconds);
  const grown = run(3_600, (second) => fleet.step(second, 100));
  t.equal(fleet.inService, bounds.maxInstances);
  run(3_600, (second) => fleet.step(second, 0), grown);
  t.equal(fleet.inService, bounds.minInstances);
});

t.test("between the thresholds the web tier stays as it is", async (t) => {
  const fleet = createWebFleet(3, bounds, readySeconds);
  run(3_600, (second) => fleet.step(second, 50));
  t.equal(fleet.inService, 3);
});

t.test(
  "the worker tier grows with its backlog after three minutes, and at once with the age of the oldest",
  async (t) => {
    const { messagesPerInstance } = scalingPolicy.worker.backlog;
    const slow = createWorkerFleet(1, { minInstances: 1, maxInstances: 8 }, readySeconds);
    run(179 + readySeconds, (second) => slow.step(second, 10, 4 * messagesPerInstance, 0));
    t.equal(slow.inService, 1);
    run(1, (second) => slow.step(second, 10, 4 * messagesPerInstance, 0), 279);
    t.equal(slow.inService, 4, "as many as bring the backlog to its target");
    const old = createWorkerFleet(1, { minInstances: 1, maxInstances: 8 }, readySeconds);
    run(60 + readySeconds, (second) => old.step(second, 10, 1, 60));
    t.equal(old.inService, 2, "one step");
  },
);

t.test("the worker tier shrinks only after a quarter of an hour of quiet", async (t) => {
  const fleet = createWorkerFleet(4, { minInstances: 1, maxInstances: 8 }, readySeconds);
  const before = run(scalingPolicy.worker.targetTracking.shrinkAfterSeconds - 1, (second) =>
    fleet.step(second, 1, 0, 0),
  );
  t.equal(fleet.inService, 4);
  run(1, (second) => fleet.step(second, 1, 0, 0), before);
  t.equal(fleet.inService, 1);
});
