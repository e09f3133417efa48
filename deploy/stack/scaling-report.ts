/** What a watch of the scaling comes to: as a document for machines, as lines for a terminal, as a page to keep. */
import { Type, type Static } from "typebox";
import { reportPage } from "../../load/chart/report-page.ts";
import { formatSeconds } from "../../terminal/duration.ts";

const Figure = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

export const ScalingSample = Type.Object(
  {
    at: Type.String({ description: "the minute's start: ISO 8601, UTC" }),
    acceptedPerSecond: Figure("registrations that were answered 202"),
    messages: Figure("messages waiting"),
    inFlight: Figure("messages that workers have received"),
    oldestAgeSeconds: Figure("age of the oldest message"),
    webInstances: Figure("in service"),
    workerInstances: Figure("in service"),
    webCpuPercent: Figure("mean of the group"),
    workerCpuPercent: Figure("mean of the group"),
    webMemoryPercent: Figure("of the fullest instance"),
    workerMemoryPercent: Figure("of the fullest instance"),
    webBytesInPerSecond: Figure("all instances together"),
    webBytesOutPerSecond: Figure("all instances together"),
    workerBytesInPerSecond: Figure("all instances together"),
    workerBytesOutPerSecond: Figure("all instances together"),
  },
  { additionalProperties: false },
);

export type ScalingSample = Static<typeof ScalingSample>;

const kinds = [
  ...(["step", "metric", "alarm", "calm", "decision", "in service", "failure", "drained"] as const),
  ...(["low alarm", "shrink", "gone"] as const),
];

export const ScalingEvent = Type.Object(
  {
    at: Type.String({ description: "ISO 8601, UTC" }),
    of: Type.Enum(["load", "web", "worker", "queue"]),
    kind: Type.Enum([...kinds]),
    what: Type.String(),
    instance: Type.Optional(Type.String({ description: "id of the instance" })),
  },
  { additionalProperties: false },
);

export type ScalingEvent = Static<typeof ScalingEvent>;

const Moment = Type.Union([Type.String(), Type.Null()]);

/** One added instance and what led to it. A missing link is null: a schedule needs no alarm. */
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

/** One instance that was taken away and what led to it. */
export const ScalingRemoval = Type.Object(
  {
    tier: Type.Enum(["web", "worker"]),
    instance: Type.String(),
    step: Moment,
    alarm: Moment,
    decision: Type.String(),
    gone: Moment,
  },
  { additionalProperties: false },
);

export type ScalingRemoval = Static<typeof ScalingRemoval>;

/** What `turnout stack watch-scaling --json` prints. */
export const ScalingRecord = Type.Object(
  {
    stack: Type.String(),
    since: Type.String(),
    until: Type.String(),
    ended: Type.Enum(["time", "drained", "shrunk", "interrupted"], { description: "why the watch ended" }),
    samples: Type.Array(ScalingSample),
    events: Type.Array(ScalingEvent),
    chains: Type.Array(ScalingChain),
    removals: Type.Array(ScalingRemoval),
  },
  { additionalProperties: false },
);

export type ScalingRecord = Static<typeof ScalingRecord>;

const clock = (at: string) => at.slice(11, 19);

/** @returns the time of a link, and how long after the first link of its chain it was */
function link(at: string | null, first: string): string {
  if (at === null) return "-";
  const seconds = (Date.parse(at) - Date.parse(first)) / 1_000;
  return seconds > 0 ? `${clock(at)} (+${formatSeconds(seconds)})` : clock(at);
}

export const chainHead = ["INSTANCE", "TIER", "STEP", "METRIC", "ALARM", "DECISION", "IN SERVICE", "DRAINED"] as const;

/** @returns a row of `chainHead` for each added instance */
export function chainRows(chains: readonly ScalingChain[]): string[][] {
  return chains.map(({ instance, tier, step, metric, alarm, decision, inService, drained }) => {
    const first = step ?? metric ?? alarm ?? decision;
    return [instance, tier, ...[step, metric, alarm, decision, inService, drained].map((at) => link(at, first))];
  });
}

export const removalHead = ["INSTANCE", "TIER", "LOAD FALLS", "LOW ALARM", "DECISION", "GONE"] as const;

/** @returns a row of `removalHead` for each instance that was taken away */
export function removalRows(removals: readonly ScalingRemoval[]): string[][] {
  return removals.map(({ instance, tier, step, alarm, decision, gone }) => {
    const first = step ?? alarm ?? decision;
    return [instance, tier, ...[step, alarm, decision, gone].map((at) => link(at, first))];
  });
}

const number = (value: number | null, unit = "") =>
  value === null ? "-" : `${Math.round(value).toLocaleString("en")}${unit}`;

/** @returns a minute on one line */
export function sampleLine(sample: ScalingSample): string {
  const { at, acceptedPerSecond, messages, oldestAgeSeconds, webInstances, workerInstances } = sample;
  return [
    clock(at),
    `accepted ${number(acceptedPerSecond, "/s")}`,
    `waiting ${number(messages)}, oldest ${number(oldestAgeSeconds, " s")}`,
    `web ${number(webInstances)} at ${number(sample.webCpuPercent, " %")}, memory ${number(sample.webMemoryPercent, " %")}`,
    `worker ${number(workerInstances)} at ${number(sample.workerCpuPercent, " %")}, memory ${number(sample.workerMemoryPercent, " %")}`,
  ].join("  ");
}

/** @returns an event on one line */
export function eventLine({ at, of, kind, what }: ScalingEvent): string {
  return `${clock(at)}  ${of.padEnd(6)}  ${kind.padEnd(11)}  ${what}`;
}

const endings = {
  time: "when its time was up",
  drained: "with an empty queue",
  shrunk: "when what was added was taken away again",
  interrupted: "by hand",
};

/** @returns an HTML file that loads nothing else */
export function scalingPage(record: ScalingRecord): string {
  const { stack, since, until, ended, samples, events, chains, removals } = record;
  const series = (read: (sample: ScalingSample) => number | null) => samples.map((sample) => read(sample) ?? 0);
  const chart = (title: string, unit: string, lines: Record<string, (sample: ScalingSample) => number | null>) => ({
    title,
    unit,
    stepSeconds: 60,
    series: Object.entries(lines).map(([name, read]) => ({ name, values: series(read) })),
  });
  return reportPage({
    title: `How ${stack} scaled`,
    summary: [
      `Watched from ${since} to ${until} (UTC). It ended ${endings[ended]}.`,
      chains.length === 0
        ? "Auto Scaling added no instance."
        : `Auto Scaling added ${chains.length} instance(s). Each time stands with its distance from the first link.`,
      removals.length === 0 ? "It took none away." : `It took ${removals.length} away.`,
    ],
    tables: [
      { title: "From step to service", head: chainHead, rows: chainRows(chains) },
      { title: "From less load to fewer instances", head: removalHead, rows: removalRows(removals) },
      {
        title: "What happened",
        head: ["time", "of", "what", ""],
        rows: events.map(({ at, of, kind, what }) => [clock(at), of, kind, what]),
      },
    ],
    charts: [
      chart("Load", "registrations each second", { accepted: (one) => one.acceptedPerSecond }),
      chart("Backlog", "messages", { waiting: (one) => one.messages, "in flight": (one) => one.inFlight }),
      chart("Instances in service", "instances", {
        web: (one) => one.webInstances,
        worker: (one) => one.workerInstances,
      }),
      chart("CPU", "percent", { web: (one) => one.webCpuPercent, worker: (one) => one.workerCpuPercent }),
      chart("Memory", "percent", { web: (one) => one.webMemoryPercent, worker: (one) => one.workerMemoryPercent }),
      chart("Network", "bytes each second", {
        "web, in": (one) => one.webBytesInPerSecond,
        "web, out": (one) => one.webBytesOutPerSecond,
        "worker, in": (one) => one.workerBytesInPerSecond,
        "worker, out": (one) => one.workerBytesOutPerSecond,
      }),
    ],
  });
}
