/**
 * Asks AWS about the tiers of a deployed stack: CloudWatch for what they and SQS have published (a minute or two old, as
 * all metrics there), Elastic Beanstalk for how its environments are.
 */
import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { DescribeEnvironmentHealthCommand, ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import { figuresDimension } from "../../shared/cloudwatch-publisher.ts";
import { withoutAddresses } from "../../shared/logger.ts";
import { figuresNamespace } from "../../shared/tier-grants.ts";
import { plainClientOptions, type StackLocation } from "../stack-outputs.ts";
import { noFigures, type TierFigures, type TierSource, type TierState } from "./tier-figures.ts";

export interface TierCloudWatchOptions extends StackLocation {
  readonly queueUrl: string;
  /** Names of the Elastic Beanstalk environments. */
  readonly environments: Readonly<Record<"web" | "worker", string>>;
}

const periodSeconds = 60;
/** The last minutes that may be complete by now. */
const windowMinutes = 5;

/** Elastic Beanstalk's colours (https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced-status.html). */
const healthByColor: Record<string, TierState["health"]> = {
  Green: "ok",
  Yellow: "unhealthy",
  Red: "unhealthy",
  Grey: "unknown",
};

export function createTierCloudWatchSource(options: TierCloudWatchOptions): TierSource {
  const { stack, queueUrl, environments } = options;
  const queueName = new URL(queueUrl).pathname.split("/").at(-1) ?? "";

  function query(id: string, MetricName: string, Stat: "Sum" | "Maximum", ofQueue = false): MetricDataQuery {
    return {
      Id: id,
      MetricStat: {
        Metric: {
          Namespace: ofQueue ? "AWS/SQS" : figuresNamespace,
          MetricName,
          Dimensions: [ofQueue ? { Name: "QueueName", Value: queueName } : { Name: figuresDimension, Value: stack }],
        },
        Period: periodSeconds,
        Stat,
      },
    };
  }

  async function readFigures(client: CloudWatchClient): Promise<TierFigures> {
    const now = Date.now();
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(now - windowMinutes * 60_000),
        EndTime: new Date(now),
        ScanBy: "TimestampDescending",
        MetricDataQueries: [
          query("accepted", "turnout_registrations_accepted_total", "Sum"),
          query("stored", "turnout_registrations_stored_total", "Sum"),
          query("duplicates", "turnout_registrations_duplicate_total", "Sum"),
          query("received", "turnout_registrations_received_total", "Sum"),
          query("packs", "turnout_packs_received_total", "Sum"),
          query("age", "ApproximateAgeOfOldestMessage", "Maximum", true),
        ],
      }),
    );
    // The latest minute may not be complete; of those that are told, the one before it is.
    const values = new Map(MetricDataResults.map(({ Id = "", Values = [] }) => [Id, Values[1] ?? Values[0]]));
    const perSecond = (id: string) => {
      const value = values.get(id);
      return value === undefined ? null : Math.round((value / periodSeconds) * 10) / 10;
    };
    const packs = values.get("packs") ?? 0;
    return {
      acceptedPerSecond: perSecond("accepted"),
      storedPerSecond: perSecond("stored"),
      duplicatesPerSecond: perSecond("duplicates"),
      meanPackSize: packs > 0 ? Math.round(((values.get("received") ?? 0) / packs) * 10) / 10 : null,
      oldestAgeSeconds: values.get("age") ?? null,
    };
  }

  async function readState(client: ElasticBeanstalkClient, tier: TierState["tier"]): Promise<TierState> {
    try {
      const { Color = "Grey", Causes = [] } = await client.send(
        new DescribeEnvironmentHealthCommand({
          EnvironmentName: environments[tier],
          AttributeNames: ["Color", "Causes"],
        }),
      );
      return { tier, health: healthByColor[Color] ?? "unknown", causes: Causes };
    } catch (error) {
      return { tier, health: "unknown", causes: [explain(error)] };
    }
  }

  function explain(error: unknown): string {
    return error instanceof Error ? `${error.name}: ${withoutAddresses(error.message)}` : String(error);
  }

  return async function readTiers() {
    const cloudWatch = new CloudWatchClient(plainClientOptions(options));
    const beanstalk = new ElasticBeanstalkClient(plainClientOptions(options));
    try {
      const [figures, ...tiers] = await Promise.all([
        // Without the right to read metrics, all else can still be told.
        readFigures(cloudWatch).catch(() => noFigures),
        readState(beanstalk, "web"),
        readState(beanstalk, "worker"),
      ]);
      return { figures, tiers };
    } finally {
      cloudWatch.destroy();
      beanstalk.destroy();
    }
  };
}
