/**
 * The chain by which a tier grows, as it can be proved afterwards: the load takes a step, a metric crosses its threshold, an
 * alarm rings, Auto Scaling decides, an instance is in service, the backlog is gone. Here are the links and how they are
 * put together; where they are read, is `scaling-watch.ts`.
 */
import { Type, type Static } from "typebox";
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";

const Figure = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

export const ScalingSample = Type.Object(
  {
    at: Type.String({ description: "the minute's start: ISO 8601, UTC" }),
    acceptedPerSecond: Figure("registrations that were answered 202"),
    messages: Figure("messages waiting"),
    inFlight: Figure("messages being worked on"),
    oldestAgeSeconds: Figure("age of the oldest message"),
    webInstances: Figure("in service"),
    workerInstances: Figure("in service"),
    webCpuPercent: Figure("mean of the group"),
    workerCpuPercent: Figure("mean of the group"),
  },
  { additionalProperties: false },
);

export type ScalingSample = Static<typeof ScalingSample>;

export const ScalingEvent = Type.Object(
  {
    at: Type.String({ description: "ISO 8601, UTC" }),
    of: Type.Enum(["load", "web", "worker", "queue"]),
    kind: Type.Enum([
      "step",
      "metric",
      "alarm",
      "calm",
      "decision",
      "in service",
      "failure",
      "shrink",
      "environment",
      "drained",
    ]),
    what: Type.String(),
    instance: Type.Optional(Type.String({ description: "id of the instance that it is about" })),
  },
  { additionalProperties: false },
);

export type ScalingEvent = Static<typeof ScalingEvent>;

const Moment = Type.Union([Type.String(), Type.Null()]);

/** One instance that came, and what led to it. A link that was not seen is null: a schedule needs no alarm. */
export const ScalingChain = Type.Object(
  {
    tier: Type.Enum(["web", "worker"]),
    instance: Type.String(),
    step: Moment,
    metric: Moment,
    alarm: Moment,
    decision: Type.String(),
    inService: Moment,
    drained: Moment,
  },
  { additionalProperties: false },
);

export type ScalingChain = Static<typeof ScalingChain>;

/** Less than this is noise, or a minute that the load began or ended in. */
const stepRatio = 1.3;
const stepAtLeastPerSecond = 1;

interface Threshold {
  readonly of: "web" | "worker";
  readonly above: number;
  readonly value: (sample: ScalingSample) => number | null;
  readonly say: (value: number) => string;
}

const { web, worker } = scalingPolicy;
const firstAgeSeconds = worker.age.steps[0]?.fromSeconds ?? 0;

/** What the policies look at, so that a crossing shows before anybody acts on it. */
const thresholds: readonly Threshold[] = [
  {
    of: "web",
    above: web.cpu.growAbovePercent,
    value: ({ webCpuPercent }) => webCpuPercent,
    say: (value) => `CPU of the web tier is ${Math.round(value)} %, above ${web.cpu.growAbovePercent} %`,
  },
  {
    of: "worker",
    above: worker.cpu.targetPercent,
    value: ({ workerCpuPercent }) => workerCpuPercent,
    say: (value) => `CPU of the worker tier is ${Math.round(value)} %, above ${worker.cpu.targetPercent} %`,
  },
  {
    of: "worker",
    above: worker.backlog.messagesPerInstance,
    value: ({ messages, workerInstances }) => (messages === null ? null : messages / Math.max(1, workerInstances ?? 1)),
    say: (value) =>
      `${Math.round(value).toLocaleString("en")} messages wait by worker, above ${worker.backlog.messagesPerInstance}`,
  },
  {
    of: "worker",
    above: firstAgeSeconds,
    value: ({ oldestAgeSeconds }) => oldestAgeSeconds,
    say: (value) => `the oldest message waits for ${Math.round(value)} s, above ${firstAgeSeconds} s`,
  },
];

function stepsOf(samples: readonly ScalingSample[]): ScalingEvent[] {
  const events: ScalingEvent[] = [];
  let level = 0;
  for (const { at, acceptedPerSecond: rate } of samples) {
    // An idle tier publishes zeros; silence is no zero.
    if (rate === null) continue;
    const far = Math.abs(rate - level) >= stepAtLeastPerSecond;
    if (!far || (rate < level * stepRatio && rate > level / stepRatio)) continue;
    const word = rate > level ? "rises" : "falls";
    events.push({
      at,
      of: "load",
      kind: "step",
      what: `the load ${word} from ${Math.round(level)} to ${Math.round(rate)}/s`,
    });
    level = rate;
  }
  return events;
}

function crossingsOf(samples: readonly ScalingSample[]): ScalingEvent[] {
  return thresholds.flatMap(({ of, above, value, say }) => {
    let was = false;
    return samples.flatMap((sample) => {
      const now = value(sample);
      const is = now !== null && now > above;
      const crossed = is && !was;
      was = is;
      return crossed ? [{ at: sample.at, of, kind: "metric" as const, what: say(now) }] : [];
    });
  });
}

function drainsOf(samples: readonly ScalingSample[]): ScalingEvent[] {
  let waiting = false;
  return samples.flatMap(({ at, messages, inFlight }) => {
    if (messages === null) return [];
    const outstanding = messages + (inFlight ?? 0);
    const drained = waiting && outstanding === 0;
    waiting = outstanding > 0;
    return drained ? [{ at, of: "queue" as const, kind: "drained" as const, what: "nothing waits any more" }] : [];
  });
}

/** @param samples of whole minutes, oldest first */
export function eventsOfSamples(samples: readonly ScalingSample[]): ScalingEvent[] {
  return [...stepsOf(samples), ...crossingsOf(samples), ...drainsOf(samples)];
}

/** @param events in any order. @returns a chain for each instance that Auto Scaling decided on, oldest first */
export function chainsOf(events: readonly ScalingEvent[]): ScalingChain[] {
  const sorted = events.toSorted((a, b) => a.at.localeCompare(b.at));
  const last = (before: string, fits: (event: ScalingEvent) => boolean) =>
    sorted.findLast((event) => event.at <= before && fits(event))?.at ?? null;

  return sorted
    .filter(({ kind }) => kind === "decision")
    .map(({ at: decision, of, instance = "" }) => {
      const tier = of === "web" ? "web" : "worker";
      const inService = sorted.find((event) => event.kind === "in service" && event.instance === instance)?.at ?? null;
      const alarm = last(decision, (event) => event.kind === "alarm" && event.of === tier);
      const metric = last(alarm ?? decision, (event) => event.kind === "metric" && event.of === tier);
      const step = last(metric ?? alarm ?? decision, ({ kind, what }) => kind === "step" && what.includes("rises"));
      const drained = sorted.find(({ at, kind }) => kind === "drained" && at >= (inService ?? decision))?.at ?? null;
      return { tier, instance, step, metric, alarm, decision, inService, drained };
    });
}
