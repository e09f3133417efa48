/** What a watch of the scaling comes to: as a document for machines, as tables for a terminal, as a page to keep. */
import { Type, type Static } from "typebox";
import { reportPage, type ReportTable } from "../../load/chart/report-page.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import { ScalingChain, ScalingEvent, ScalingSample } from "./scaling-chain.ts";

/** What `turnout stack watch-scaling --json` prints. */
export const ScalingRecord = Type.Object(
  {
    stack: Type.String(),
    since: Type.String(),
    until: Type.String(),
    ended: Type.Enum(["time", "drained", "interrupted"], { description: "why the watch ended" }),
    samples: Type.Array(ScalingSample),
    events: Type.Array(ScalingEvent),
    chains: Type.Array(ScalingChain),
  },
  { additionalProperties: false },
);

export type ScalingRecord = Static<typeof ScalingRecord>;

const clock = (at: string) => at.slice(11, 19);

/** @returns when a link was, and how long after the first link of its chain that is */
function link(at: string | null, first: string): string {
  if (at === null) return "-";
  const seconds = (Date.parse(at) - Date.parse(first)) / 1_000;
  return seconds > 0 ? `${clock(at)} (+${formatSeconds(seconds)})` : clock(at);
}

export const chainHead = ["INSTANCE", "TIER", "STEP", "METRIC", "ALARM", "DECISION", "IN SERVICE", "DRAINED"] as const;

/** @returns a row of `chainHead` for each instance that came */
export function chainRows(chains: readonly ScalingChain[]): string[][] {
  return chains.map(({ instance, tier, step, metric, alarm, decision, inService, drained }) => {
    const first = step ?? metric ?? alarm ?? decision;
    return [instance, tier, ...[step, metric, alarm, decision, inService, drained].map((at) => link(at, first))];
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
    `web ${number(webInstances)} at ${number(sample.webCpuPercent, " %")}`,
    `worker ${number(workerInstances)} at ${number(sample.workerCpuPercent, " %")}`,
  ].join("  ");
}

/** @returns an event on one line */
export function eventLine({ at, of, kind, what }: ScalingEvent): string {
  return `${clock(at)}  ${of.padEnd(6)}  ${kind.padEnd(11)}  ${what}`;
}

function eventTable({ events }: ScalingRecord): ReportTable {
  return {
    title: "What happened",
    head: ["time", "of", "what", ""],
    rows: events.map(({ at, of, kind, what }) => [clock(at), of, kind, what]),
  };
}

/** @returns an HTML file that stands by itself */
export function scalingPage(record: ScalingRecord): string {
  const { stack, since, until, ended, samples, chains } = record;
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
      `Watched from ${since} to ${until}; it ended by ${ended === "time" ? "its time" : ended === "drained" ? "an empty queue" : "hand"}. All times are UTC.`,
      chains.length === 0
        ? "Auto Scaling decided on no instance meanwhile."
        : `Auto Scaling decided on ${chains.length} instance(s). Behind each link stands how long after the first one it was.`,
    ],
    tables: [{ title: "From step to service", head: chainHead, rows: chainRows(chains) }, eventTable(record)],
    charts: [
      chart("Load", "registrations each second", { accepted: (one) => one.acceptedPerSecond }),
      chart("Backlog", "messages", { waiting: (one) => one.messages, "in flight": (one) => one.inFlight }),
      chart("Instances in service", "instances", {
        web: (one) => one.webInstances,
        worker: (one) => one.workerInstances,
      }),
      chart("CPU", "percent", { web: (one) => one.webCpuPercent, worker: (one) => one.workerCpuPercent }),
    ],
  });
}
