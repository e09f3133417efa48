import t from "tap";
import {
  chainsOf,
  eventsOfSamples,
  type ScalingEvent,
  type ScalingSample,
} from "../../../deploy/stack/scaling-chain.ts";

const start = Date.parse("2027-03-01T09:00:00Z");
const at = (minute: number) => new Date(start + minute * 60_000).toISOString();

function minutes(figures: readonly Partial<ScalingSample>[]): ScalingSample[] {
  return figures.map((some, minute) => ({
    at: at(minute),
    acceptedPerSecond: null,
    messages: null,
    inFlight: null,
    oldestAgeSeconds: null,
    webInstances: 2,
    workerInstances: 1,
    webCpuPercent: null,
    workerCpuPercent: null,
    ...some,
  }));
}

const seen = (samples: ScalingSample[]) =>
  eventsOfSamples(samples).map(({ at: time, of, kind }) => [samples.findIndex((one) => one.at === time), of, kind]);

t.test("a step is a change of the load that is no noise, up or down", async (t) => {
  const load = [0, 100, 104, 96, null, 200, 0].map((acceptedPerSecond) => ({ acceptedPerSecond }));
  const events = eventsOfSamples(minutes(load));
  t.match(events, [
    { at: at(1), what: "the load rises from 0 to 100/s" },
    { at: at(5), what: "the load rises from 100 to 200/s" },
    { at: at(6), what: "the load falls from 200 to 0/s" },
  ]);
  t.equal(events.length, 3);
});

t.test("a metric is told when it crosses its policy's threshold, once for each time", async (t) => {
  const cpu = [60, 80, 90, 70, 80].map((webCpuPercent) => ({ webCpuPercent }));
  t.strictSame(seen(minutes(cpu)), [
    [1, "web", "metric"],
    [4, "web", "metric"],
  ]);
  t.strictSame(
    seen(
      minutes([
        { messages: 900, workerInstances: 2 },
        { messages: 900, workerInstances: 1 },
      ]),
    ),
    [[1, "worker", "metric"]],
  );
  t.match(eventsOfSamples(minutes([{ oldestAgeSeconds: 61 }])), [{ of: "worker", what: /waits for 61 s/ }]);
});

t.test("drained is a queue that held something and holds nothing, neither waiting nor in flight", async (t) => {
  const queue = [
    { messages: 0, inFlight: 0 },
    { messages: 5, inFlight: 0 },
    { messages: 0, inFlight: 3 },
    { messages: null },
    { messages: 0, inFlight: 0 },
    { messages: 0, inFlight: 0 },
  ];
  t.strictSame(seen(minutes(queue)), [[4, "queue", "drained"]]);
});

const grown: ScalingEvent[] = [
  { at: at(1), of: "load", kind: "step", what: "the load rises from 0 to 100/s" },
  { at: at(2), of: "worker", kind: "metric", what: "x" },
  { at: at(2), of: "web", kind: "metric", what: "x" },
  { at: at(4), of: "worker", kind: "alarm", what: "x" },
  { at: at(5), of: "worker", kind: "decision", what: "x", instance: "i-1" },
  { at: at(8), of: "worker", kind: "in service", what: "x", instance: "i-1" },
  { at: at(9), of: "load", kind: "step", what: "the load falls from 100 to 0/s" },
  { at: at(12), of: "queue", kind: "drained", what: "x" },
];

t.test("a chain leads from the step to the instance in service and the empty queue", async (t) => {
  t.strictSame(chainsOf(grown.toReversed()), [
    {
      tier: "worker",
      instance: "i-1",
      step: at(1),
      metric: at(2),
      alarm: at(4),
      decision: at(5),
      inService: at(8),
      drained: at(12),
    },
  ]);
});

t.test("a link of another tier, or one that came after, does not belong to it", async (t) => {
  const scheduled: ScalingEvent = { at: at(0), of: "web", kind: "decision", what: "x", instance: "i-2" };
  t.match(chainsOf([...grown, scheduled])[0], {
    instance: "i-2",
    step: null,
    metric: null,
    alarm: null,
    inService: null,
  });
  const noAlarm = grown.filter(({ kind }) => kind !== "alarm");
  t.match(chainsOf([...noAlarm, { at: at(4), of: "web", kind: "alarm", what: "x" }]), [{ alarm: null, metric: at(2) }]);
});
