/**
 * Reads what happens while a deployment scales, out of CloudWatch, Auto Scaling and Elastic Beanstalk, again and again, and
 * gathers it: minutes that are whole by now, and everything that was not told before. It changes nothing.
 */
import {
  DescribeScalingActivitiesCommand,
  paginateDescribePolicies,
  type Activity,
} from "@aws-sdk/client-auto-scaling";
import { DescribeAlarmHistoryCommand, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { DescribeEventsCommand } from "@aws-sdk/client-elastic-beanstalk";
import { figuresDimension } from "../../shared/aws/cloudwatch-publisher.ts";
import { figuresNamespace, tiers, type TierName } from "../../shared/aws/tier-grants.ts";
import { explain } from "../../terminal/exit.ts";
import type { DeploymentClients } from "./clients.ts";
import {
  chainsOf,
  eventsOfSamples,
  type ScalingChain,
  type ScalingEvent,
  type ScalingSample,
} from "./scaling-chain.ts";

export interface ScalingParts {
  readonly queueUrl: string;
  /** Names of the Auto Scaling groups. */
  readonly groups: Readonly<Record<TierName, string>>;
  /** Names of the Elastic Beanstalk environments. */
  readonly environments: Readonly<Record<TierName, string>>;
}

export interface ScalingWatchOptions {
  readonly clients: Pick<DeploymentClients, "autoScaling" | "beanstalk" | "cloudWatch">;
  /** Name of the stack. */
  readonly stack: string;
  readonly parts: ScalingParts;
  /** Milliseconds since the epoch: what was before is not told. */
  readonly since: number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** What one look brought that the looks before did not. */
export interface News {
  readonly samples: readonly ScalingSample[];
  /** Oldest first. */
  readonly events: readonly ScalingEvent[];
  /** Who did not answer, and why, each told once. */
  readonly faults: readonly string[];
}

export interface ScalingWatch {
  /** @throws the SDK's error where nobody answers at the first look: then there is nothing to watch */
  look(): Promise<News>;
  /** Everything so far, oldest first. */
  record(): { samples: ScalingSample[]; events: ScalingEvent[]; chains: ScalingChain[] };
}

const periodSeconds = 60;
/** Minutes come late, and instance by instance: so long after its start one is whole. */
const wholeAfterMs = 180_000;
/** Every alarm of Auto Scaling that makes a group smaller carries this in its name. */
const shrinkAlarm = /AlarmLow/;

type FigureName = Exclude<keyof ScalingSample, "at">;

export function createScalingWatch(options: ScalingWatchOptions): ScalingWatch {
  const { clients, stack, parts, since, wallClock } = options;
  const { autoScaling, beanstalk, cloudWatch } = clients;
  const samples = new Map<string, ScalingSample>();
  const events = new Map<string, ScalingEvent>();
  const toldFaults = new Set<string>();
  const alarms = new Map<string, TierName>();
  let looked = false;

  function queries(): MetricDataQuery[] {
    const queue = new URL(parts.queueUrl).pathname.split("/").at(-1);
    const query = (
      Id: FigureName,
      Namespace: string,
      MetricName: string,
      Stat: string,
      Name: string,
      Value?: string,
    ) => ({
      Id,
      MetricStat: { Metric: { Namespace, MetricName, Dimensions: [{ Name, Value }] }, Period: periodSeconds, Stat },
    });
    const sqs = (id: FigureName, metric: string) => query(id, "AWS/SQS", metric, "Maximum", "QueueName", queue);
    const group = (id: FigureName, namespace: string, metric: string, tier: TierName) =>
      query(id, namespace, metric, "Average", "AutoScalingGroupName", parts.groups[tier]);
    const accepted = "turnout_registrations_accepted_total";
    return [
      query("acceptedPerSecond", figuresNamespace, accepted, "Sum", figuresDimension, stack),
      sqs("messages", "ApproximateNumberOfMessagesVisible"),
      sqs("inFlight", "ApproximateNumberOfMessagesNotVisible"),
      sqs("oldestAgeSeconds", "ApproximateAgeOfOldestMessage"),
      group("webInstances", "AWS/AutoScaling", "GroupInServiceInstances", "web"),
      group("workerInstances", "AWS/AutoScaling", "GroupInServiceInstances", "worker"),
      group("webCpuPercent", "AWS/EC2", "CPUUtilization", "web"),
      group("workerCpuPercent", "AWS/EC2", "CPUUtilization", "worker"),
    ];
  }

  async function readSamples(): Promise<void> {
    const now = wallClock();
    const first = Math.floor(since / 60_000) * 60_000;
    const answers = new Map<string, Map<number, number>>();
    let NextToken: string | undefined;
    do {
      const { MetricDataResults = [], ...rest } = await cloudWatch.send(
        new GetMetricDataCommand({
          StartTime: new Date(first),
          EndTime: new Date(now),
          MetricDataQueries: queries(),
          NextToken,
        }),
      );
      for (const { Id = "", Timestamps = [], Values = [] } of MetricDataResults) {
        const values = answers.get(Id) ?? new Map<number, number>();
        for (const [index, time] of Timestamps.entries()) values.set(time.getTime(), Values[index] ?? 0);
        answers.set(Id, values);
      }
      ({ NextToken } = rest);
    } while (NextToken !== undefined);
    for (let minute = first; minute + wholeAfterMs <= now; minute += 60_000) {
      const figure = (id: FigureName) => answers.get(id)?.get(minute) ?? null;
      const accepted = figure("acceptedPerSecond");
      const at = new Date(minute).toISOString();
      if (samples.has(at)) continue;
      samples.set(at, {
        at,
        acceptedPerSecond: accepted === null ? null : Math.round((accepted / periodSeconds) * 10) / 10,
        messages: figure("messages"),
        inFlight: figure("inFlight"),
        oldestAgeSeconds: figure("oldestAgeSeconds"),
        webInstances: figure("webInstances"),
        workerInstances: figure("workerInstances"),
        webCpuPercent: figure("webCpuPercent"),
        workerCpuPercent: figure("workerCpuPercent"),
      });
    }
  }

  /** Those that Auto Scaling and Elastic Beanstalk made for the policies of a group; new ones come with a deployment. */
  async function readAlarms(tier: TierName): Promise<ScalingEvent[]> {
    const group = { AutoScalingGroupName: parts.groups[tier] };
    for await (const { ScalingPolicies = [] } of paginateDescribePolicies({ client: autoScaling }, group)) {
      for (const { Alarms = [] } of ScalingPolicies)
        for (const { AlarmName } of Alarms) if (AlarmName) alarms.set(AlarmName, tier);
    }
    const found: ScalingEvent[] = [];
    for (const [AlarmName, of] of alarms) {
      if (of !== tier) continue;
      const { AlarmHistoryItems = [] } = await cloudWatch.send(
        new DescribeAlarmHistoryCommand({ AlarmName, HistoryItemType: "StateUpdate", StartDate: new Date(since) }),
      );
      for (const { Timestamp, HistorySummary = "" } of AlarmHistoryItems) {
        if (Timestamp === undefined) continue;
        const rings = /to ALARM/i.test(HistorySummary) && !shrinkAlarm.test(AlarmName);
        const what = `${AlarmName}: ${HistorySummary.replace(/^Alarm updated /i, "")}`;
        found.push({ at: Timestamp.toISOString(), of, kind: rings ? "alarm" : "calm", what });
      }
    }
    return found;
  }

  async function readActivities(of: TierName): Promise<ScalingEvent[]> {
    const { Activities = [] } = await autoScaling.send(
      new DescribeScalingActivitiesCommand({ AutoScalingGroupName: parts.groups[of], MaxRecords: 100 }),
    );
    return Activities.filter(({ StartTime }) => (StartTime?.getTime() ?? 0) >= since).flatMap((one) =>
      eventsOf(one, of),
    );
  }

  async function readEnvironment(of: TierName): Promise<ScalingEvent[]> {
    const { Events = [] } = await beanstalk.send(
      new DescribeEventsCommand({
        EnvironmentName: parts.environments[of],
        StartTime: new Date(since),
        Severity: "INFO",
      }),
    );
    return Events.map(({ EventDate, Message = "", Severity = "" }) => ({
      at: (EventDate ?? new Date(since)).toISOString(),
      of,
      kind: "environment" as const,
      what: Severity === "INFO" ? Message : `${Severity}: ${Message}`,
    }));
  }

  return {
    async look() {
      const known = new Set(samples.keys());
      const sources: [name: string, read: () => Promise<ScalingEvent[]>][] = [
        ["CloudWatch's metrics", async () => (await readSamples(), [])],
        ...tiers.flatMap((tier): [string, () => Promise<ScalingEvent[]>][] => [
          [`alarms of the ${tier} tier`, () => readAlarms(tier)],
          [`activities of the ${tier} tier`, () => readActivities(tier)],
          [`events of the ${tier} environment`, () => readEnvironment(tier)],
        ]),
      ];
      const answers = await Promise.allSettled(sources.map(([, read]) => read()));
      const [first] = answers;
      if (!looked && first?.status === "rejected" && answers.every(({ status }) => status === "rejected"))
        throw first.reason;
      looked = true;
      const faults: string[] = [];
      const seen: ScalingEvent[] = [];
      for (const [index, answer] of answers.entries()) {
        if (answer.status === "fulfilled") seen.push(...answer.value);
        else {
          const fault = `${sources[index]?.[0]}: ${explain(answer.reason).replaceAll("\n", " ")}`;
          if (!toldFaults.has(fault)) faults.push(fault);
          toldFaults.add(fault);
        }
      }
      const inOrder = [...samples.values()];
      const news = [...seen, ...eventsOfSamples(inOrder)].filter((event) => {
        const key = `${event.at} ${event.of} ${event.kind} ${event.what}`;
        if (events.has(key)) return false;
        events.set(key, event);
        return true;
      });
      return {
        samples: inOrder.filter(({ at }) => !known.has(at)),
        events: news.toSorted((a, b) => a.at.localeCompare(b.at)),
        faults,
      };
    },
    record() {
      const all = [...events.values()].toSorted((a, b) => a.at.localeCompare(b.at));
      return { samples: [...samples.values()], events: all, chains: chainsOf(all) };
    },
  };
}

function eventsOf(
  { Description = "", Cause = "", StartTime, EndTime, StatusCode, StatusMessage }: Activity,
  of: TierName,
) {
  const [instance] = /\bi-[0-9a-z]+/.exec(Description) ?? [];
  const about = { of, ...(instance === undefined ? {} : { instance }) };
  const start = (StartTime ?? new Date(0)).toISOString();
  const end = EndTime?.toISOString();
  const events: ScalingEvent[] = [];
  if (StatusCode === "Failed" || StatusCode === "Cancelled") {
    return [
      { at: end ?? start, ...about, kind: "failure" as const, what: `${Description}: ${StatusMessage ?? StatusCode}` },
    ];
  }
  if (Description.startsWith("Terminating"))
    return [{ at: start, ...about, kind: "shrink" as const, what: Description }];
  // Its first sentence tells who decided; those after it repeat the numbers.
  const because = Cause.replace(/^At \S+ /, "").split(/\.\s+At /)[0] ?? "";
  events.push({ at: start, ...about, kind: "decision", what: `${Description}${because && `, since ${because}`}` });
  if (StatusCode === "Successful" && end !== undefined) {
    events.push({ at: end, ...about, kind: "in service", what: `${instance ?? "an instance"} is in service` });
  }
  return events;
}
