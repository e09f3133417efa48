/**
 * Reads how the tiers grew and shrank from the histories of CloudWatch and Auto Scaling: the load rises, a metric crosses its
 * threshold, an alarm goes off, Auto Scaling decides, an instance is in service, the queue is empty; the load falls, a low
 * alarm goes off, an instance is gone. Read-only.
 */
import {
  paginateDescribePolicies,
  paginateDescribeScalingActivities,
  type Activity,
} from "@aws-sdk/client-auto-scaling";
import { paginateDescribeAlarmHistory, paginateGetMetricData, type AlarmHistoryItem } from "@aws-sdk/client-cloudwatch";
import { figuresDimension } from "../../shared/aws/cloudwatch-publisher.ts";
import { machineMemoryFigures } from "../../shared/process/machine-memory.ts";
import { figuresNamespace, tiers, type TierName } from "../../shared/aws/tier-grants.ts";
import { explain } from "../../terminal/exit.ts";
import type { DeploymentClients } from "./clients.ts";
import type { ScalingChain, ScalingEvent, ScalingRemoval, ScalingSample } from "./scaling-report.ts";

export interface ScalingHistoryOptions {
  readonly clients: Pick<DeploymentClients, "autoScaling" | "cloudWatch">;
  /** Name of the stack. */
  readonly stack: string;
  readonly queueUrl: string;
  /** Names of the Auto Scaling groups. */
  readonly groups: Readonly<Record<TierName, string>>;
  /** The beginning: milliseconds since the epoch. */
  readonly since: number;
  readonly wallClock: () => number;
}

export interface ScalingHistory {
  readonly samples: ScalingSample[];
  /** Oldest first. */
  readonly events: ScalingEvent[];
  /** One for each instance that Auto Scaling decided to add, oldest first. */
  readonly chains: ScalingChain[];
  /** One for each instance that Auto Scaling decided to take away, oldest first. */
  readonly removals: ScalingRemoval[];
  /** What could not be read this time, and why; its last answer stands. */
  readonly errors: string[];
}

type Figure = Exclude<keyof ScalingSample, "at">;

/** CloudWatch's figures of a minute are complete this long after it began. */
const completeAfterMs = 180_000;
/** A smaller change of the load is noise. */
const stepRatio = 1.3;
const stepAtLeastPerSecond = 1;

async function readSamples(options: ScalingHistoryOptions): Promise<ScalingSample[]> {
  const { clients, stack, queueUrl, groups, since, wallClock } = options;
  const queue = new URL(queueUrl).pathname.split("/").at(-1) ?? "";
  const group = "AutoScalingGroupName";
  const figures: [Figure, namespace: string, metric: string, statistic: string, dimension: string, value: string][] = [
    ["acceptedPerSecond", figuresNamespace, "turnout_registrations_accepted_total", "Sum", figuresDimension, stack],
    ["messages", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", "QueueName", queue],
    ["inFlight", "AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Maximum", "QueueName", queue],
    ["oldestAgeSeconds", "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", "QueueName", queue],
    ["webInstances", "AWS/AutoScaling", "GroupInServiceInstances", "Average", group, groups.web],
    ["workerInstances", "AWS/AutoScaling", "GroupInServiceInstances", "Average", group, groups.worker],
    ["webCpuPercent", "AWS/EC2", "CPUUtilization", "Average", group, groups.web],
    ["workerCpuPercent", "AWS/EC2", "CPUUtilization", "Average", group, groups.worker],
    ["webMemoryPercent", figuresNamespace, machineMemoryFigures.web, "Maximum", figuresDimension, stack],
    ["workerMemoryPercent", figuresNamespace, machineMemoryFigures.worker, "Maximum", figuresDimension, stack],
    ["webBytesInPerSecond", "AWS/EC2", "NetworkIn", "Sum", group, groups.web],
    ["webBytesOutPerSecond", "AWS/EC2", "NetworkOut", "Sum", group, groups.web],
    ["workerBytesInPerSecond", "AWS/EC2", "NetworkIn", "Sum", group, groups.worker],
    ["workerBytesOutPerSecond", "AWS/EC2", "NetworkOut", "Sum", group, groups.worker],
  ];
  const MetricDataQueries = figures.map(([Id, Namespace, MetricName, Stat, Name, Value]) => ({
    Id,
    MetricStat: { Metric: { Namespace, MetricName, Dimensions: [{ Name, Value }] }, Period: 60, Stat },
  }));
  const now = wallClock();
  const first = Math.floor(since / 60_000) * 60_000;
  const values = new Map<string, number>();
  const period = { StartTime: new Date(first), EndTime: new Date(now), MetricDataQueries };
  for await (const { MetricDataResults = [] } of paginateGetMetricData({ client: clients.cloudWatch }, period)) {
    for (const { Id = "", Timestamps = [], Values = [] } of MetricDataResults) {
      for (const [index, time] of Timestamps.entries()) values.set(`${Id} ${time.getTime()}`, Values[index] ?? 0);
    }
  }
  const samples: ScalingSample[] = [];
  for (let minute = first; minute + completeAfterMs <= now; minute += 60_000) {
    const figure = (id: Figure) => {
      const value = values.get(`${id} ${minute}`) ?? null;
      // What CloudWatch has by the minute.
      return value !== null && id.endsWith("PerSecond") ? Math.round(value / 6) / 10 : value;
    };
    const read = Object.fromEntries(figures.map(([id]) => [id, figure(id)])) as Record<Figure, number | null>;
    samples.push({ at: new Date(minute).toISOString(), ...read });
  }
  return samples;
}

/** @returns the steps of the load, and the moments at which the queue became empty */
export function eventsOfSamples(samples: readonly ScalingSample[]): ScalingEvent[] {
  const events: ScalingEvent[] = [];
  let level = 0;
  let waiting = false;
  for (const { at, acceptedPerSecond: rate, messages, inFlight } of samples) {
    // An idle tier publishes zeros; no figure is not a zero.
    const isStep =
      rate !== null &&
      Math.abs(rate - level) >= stepAtLeastPerSecond &&
      (rate >= level * stepRatio || rate <= level / stepRatio);
    if (isStep) {
      const what = `the load ${rate > level ? "rises" : "falls"} from ${Math.round(level)} to ${Math.round(rate)}/s`;
      events.push({ at, of: "load", kind: "step", what });
      level = rate;
    }
    if (messages === null) continue;
    const left = messages + (inFlight ?? 0);
    if (waiting && left === 0) events.push({ at, of: "queue", kind: "drained", what: "the queue is empty" });
    waiting = left > 0;
  }
  return events;
}

interface AlarmState {
  readonly stateReason?: string;
  readonly stateReasonData?: { readonly startDate?: string };
}

function eventsOfAlarm(item: AlarmHistoryItem, of: TierName): ScalingEvent[] {
  const { AlarmName = "", Timestamp = new Date(0), HistorySummary = "", HistoryData = "{}" } = item;
  const at = Timestamp.toISOString();
  const what = `${AlarmName}: ${HistorySummary.replace(/^Alarm updated /i, "")}`;
  if (!/to ALARM/i.test(HistorySummary)) return [{ at, of, kind: "calm", what }];
  // Auto Scaling's and Elastic Beanstalk's alarms for a smaller group carry this in their names.
  if (AlarmName.includes("AlarmLow")) return [{ at, of, kind: "low alarm", what }];
  const { newState } = JSON.parse(HistoryData) as { readonly newState?: AlarmState };
  // The start of the datapoints that set the alarm off.
  const crossed = Date.parse(newState?.stateReasonData?.startDate ?? "");
  const alarm: ScalingEvent = { at, of, kind: "alarm", what };
  if (Number.isNaN(crossed)) return [alarm];
  const reason = newState?.stateReason ?? "threshold crossed";
  return [{ at: new Date(crossed).toISOString(), of, kind: "metric", what: `${AlarmName}: ${reason}` }, alarm];
}

async function readAlarms(options: ScalingHistoryOptions, tier: TierName): Promise<ScalingEvent[]> {
  const { clients, groups, since } = options;
  const names = new Set<string>();
  const group = { AutoScalingGroupName: groups[tier] };
  for await (const page of paginateDescribePolicies({ client: clients.autoScaling }, group)) {
    for (const { AlarmName } of page.ScalingPolicies?.flatMap(({ Alarms = [] }) => Alarms) ?? [])
      if (AlarmName) names.add(AlarmName);
  }
  const events: ScalingEvent[] = [];
  for (const AlarmName of names) {
    const query = { AlarmName, HistoryItemType: "StateUpdate", StartDate: new Date(since) } as const;
    for await (const { AlarmHistoryItems = [] } of paginateDescribeAlarmHistory({ client: clients.cloudWatch }, query))
      events.push(...AlarmHistoryItems.flatMap((item) => eventsOfAlarm({ AlarmName, ...item }, tier)));
  }
  return events;
}

function eventsOfActivity(activity: Activity, of: TierName): ScalingEvent[] {
  const { Description = "", Cause = "", StartTime = new Date(0), EndTime, StatusCode, StatusMessage } = activity;
  const instance = /\bi-[0-9a-z]+/.exec(Description)?.[0];
  const about = { of, ...(instance !== undefined && { instance }) };
  const at = StartTime.toISOString();
  const end = EndTime?.toISOString();
  if (StatusCode === "Failed" || StatusCode === "Cancelled")
    return [{ at: end ?? at, ...about, kind: "failure", what: `${Description}: ${StatusMessage ?? StatusCode}` }];
  // The first sentence says who decided; the others repeat the numbers.
  const because = Cause.replace(/^At \S+ /, "").split(/\.\s+At /)[0] ?? "";
  const what = `${Description}${because && `, since ${because}`}`;
  const isDone = StatusCode === "Successful" && end !== undefined;
  if (Description.startsWith("Terminating")) {
    const shrink = { at, ...about, kind: "shrink" as const, what };
    return isDone
      ? [shrink, { at: end, ...about, kind: "gone", what: `${instance ?? "an instance"} is gone` }]
      : [shrink];
  }
  const decision = { at, ...about, kind: "decision" as const, what };
  if (!isDone) return [decision];
  return [decision, { at: end, ...about, kind: "in service", what: `${instance ?? "an instance"} is in service` }];
}

async function readActivities(
  { clients, groups, since }: ScalingHistoryOptions,
  of: TierName,
): Promise<ScalingEvent[]> {
  const events: ScalingEvent[] = [];
  const group = { AutoScalingGroupName: groups[of] };
  for await (const { Activities = [] } of paginateDescribeScalingActivities({ client: clients.autoScaling }, group)) {
    const news = Activities.filter(({ StartTime }) => (StartTime?.getTime() ?? 0) >= since);
    events.push(...news.flatMap((activity) => eventsOfActivity(activity, of)));
    // Newest first, for six weeks.
    if (news.length < Activities.length) break;
  }
  return events;
}

/** @param events oldest first */
export function chainsOf(events: readonly ScalingEvent[]): ScalingChain[] {
  const last = (before: string, fits: (event: ScalingEvent) => boolean) =>
    events.findLast((event) => event.at <= before && fits(event))?.at ?? null;
  return events
    .filter(({ kind }) => kind === "decision")
    .map(({ at: decision, of, instance = "", what }) => {
      const name = / alarm (\S+) in state ALARM /.exec(what)?.[1];
      const ofAlarm = (kind: "alarm" | "metric") => (event: ScalingEvent) =>
        name !== undefined && event.kind === kind && event.what.startsWith(`${name}:`);
      const alarm = last(decision, ofAlarm("alarm"));
      const metric = last(alarm ?? decision, ofAlarm("metric"));
      const step = last(metric ?? alarm ?? decision, (event) => event.kind === "step" && event.what.includes("rises"));
      const inService = events.find((event) => event.kind === "in service" && event.instance === instance)?.at ?? null;
      const drained = events.find(({ at, kind }) => kind === "drained" && at >= (inService ?? decision))?.at ?? null;
      return { tier: of === "web" ? "web" : "worker", instance, step, metric, alarm, decision, inService, drained };
    });
}

/** @param events oldest first */
export function removalsOf(events: readonly ScalingEvent[]): ScalingRemoval[] {
  const last = (before: string, fits: (event: ScalingEvent) => boolean) =>
    events.findLast((event) => event.at <= before && fits(event))?.at ?? null;
  return events
    .filter(({ kind }) => kind === "shrink")
    .map(({ at: decision, of, instance = "", what }) => {
      const name = / alarm (\S+) in state ALARM /.exec(what)?.[1];
      const alarm =
        name === undefined
          ? null
          : last(decision, (event) => event.kind === "low alarm" && event.what.startsWith(`${name}:`));
      const step = last(alarm ?? decision, (event) => event.kind === "step" && event.what.includes("falls"));
      const gone = events.find((event) => event.kind === "gone" && event.instance === instance)?.at ?? null;
      return { tier: of === "web" ? "web" : "worker", instance, step, alarm, decision, gone };
    });
}

/** @returns whether Auto Scaling added instances and has taken as many away again, in each tier */
export function isShrunk(events: readonly ScalingEvent[]): boolean {
  const count = (tier: TierName, wanted: ScalingEvent["kind"]) =>
    events.filter(({ of, kind }) => of === tier && kind === wanted).length;
  const added = tiers.map((tier) => count(tier, "decision"));
  return added.some((number) => number > 0) && tiers.every((tier, index) => count(tier, "gone") >= (added[index] ?? 0));
}

function remembered<One>(name: string, read: () => Promise<One[]>) {
  let last: One[] | undefined;
  return async (failures: Map<string, unknown>): Promise<One[] | undefined> => {
    try {
      last = await read();
    } catch (error) {
      failures.set(name, error);
    }
    return last;
  };
}

/**
 * @returns a function that reads all of the history since the beginning
 * @throws that function: the SDK's error where nothing could be read yet
 */
export function createScalingHistory(options: ScalingHistoryOptions): () => Promise<ScalingHistory> {
  const metrics = remembered("CloudWatch's metrics", () => readSamples(options));
  const histories = tiers.flatMap((tier) => [
    remembered(`alarms of the ${tier} tier`, () => readAlarms(options, tier)),
    remembered(`activities of the ${tier} tier`, () => readActivities(options, tier)),
  ]);
  return async () => {
    const failures = new Map<string, unknown>();
    const samples = await metrics(failures);
    const read = await Promise.all(histories.map((history) => history(failures)));
    if ([samples, ...read].every((answer) => answer === undefined)) throw [...failures.values()][0];
    const events = [...eventsOfSamples(samples ?? []), ...read.flatMap((answer) => answer ?? [])];
    const sorted = events.toSorted((a, b) => a.at.localeCompare(b.at));
    const errors = [...failures].map(([name, error]) => `${name}: ${explain(error).replaceAll("\n", " ")}`);
    return { samples: samples ?? [], events: sorted, chains: chainsOf(sorted), removals: removalsOf(sorted), errors };
  };
}
