import { t } from "../../equipment/file-test.ts";
import {
  ageStep,
  clampInstances,
  rushes,
  scalingPolicy,
  trackedInstances,
  webCpuStep,
} from "../../../shared/aws/scaling-policy.ts";

const second = 1_000;
const day = 86_400 * second;

t.test("bounds hold on both sides", async (t) => {
  const bounds = { minInstances: 2, maxInstances: 20 };
  t.strictSame(
    [1, 2, 7, 20, 21].map((n) => clampInstances(n, bounds)),
    [2, 2, 7, 20, 20],
  );
});

t.test("the web tier grows above 75 % of CPU, shrinks below 25 %, and stays in between", async (t) => {
  t.strictSame([100, 75.1, 75, 50, 25, 24.9, 0].map(webCpuStep), [2, 2, 0, 0, 0, -1, -1]);
});

t.test("tracking asks for as many instances as bring the metric to its target", async (t) => {
  t.equal(trackedInstances(2, 150, 75), 4);
  t.equal(trackedInstances(4, 75, 75), 4);
  t.equal(trackedInstances(4, 10, 75), 1);
  t.equal(trackedInstances(3, 601, 600), 4, "rather one too many than one too few");
});

t.test("the older the oldest message, the more instances at once", async (t) => {
  t.strictSame([0, 59, 60, 179, 180, 600, 9_999].map(ageStep), [0, 0, 1, 1, 2, 4, 4]);
});

t.test("the steps rise in age and in instances, since the first one that counts is the last one reached", async (t) => {
  const { steps } = scalingPolicy.worker.age;
  t.strictSame(
    steps.map((step) => step.fromSeconds),
    steps.map((step) => step.fromSeconds).toSorted((a, b) => a - b),
  );
  t.strictSame(
    steps.map((step) => step.addInstances),
    steps.map((step) => step.addInstances).toSorted((a, b) => a - b),
  );
});

t.test("an instance is ready well before the rush that it was raised for", async (t) => {
  t.ok(scalingPolicy.rush.leadSeconds >= 2 * scalingPolicy.instanceReadySeconds);
});

t.test("the numbers for the rush lie within the tiers' bounds", async (t) => {
  const { web, worker, rush } = scalingPolicy;
  t.equal(clampInstances(rush.webInstances, web), rush.webInstances);
  t.equal(clampInstances(rush.workerInstances, worker), rush.workerInstances);
});

t.test("the tiers are raised before the opening and the closing, and released after", async (t) => {
  const opensAt = Date.parse("2027-03-01T09:00:00Z");
  const closesAt = opensAt + 20 * day;
  const { leadSeconds, holdSeconds, drainSeconds } = scalingPolicy.rush;
  t.strictSame(rushes(opensAt, closesAt), [
    { name: "Opening", raiseAt: opensAt - leadSeconds * second, releaseAt: opensAt + holdSeconds * second },
    { name: "Closing", raiseAt: closesAt - leadSeconds * second, releaseAt: closesAt + drainSeconds * second },
  ]);
});

t.test("a short event stays raised from before its opening until after its closing", async (t) => {
  const opensAt = Date.parse("2027-03-01T09:00:00Z");
  const closesAt = opensAt + 600 * second;
  const [only, ...others] = rushes(opensAt, closesAt);
  t.strictSame(others, []);
  t.equal(only?.name, "Event");
  t.ok(only && only.raiseAt < opensAt && only.releaseAt > closesAt);
});
