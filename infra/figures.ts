/**
 * The CloudWatch metrics used by the dashboard and the alarms. The tiers' metrics are named as on `/metrics`; counters
 * are published as increments per minute.
 */
import { Duration } from "aws-cdk-lib";
import { MathExpression, Metric, Stats, type IMetric } from "aws-cdk-lib/aws-cloudwatch";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { CfnEnvironment } from "aws-cdk-lib/aws-elasticbeanstalk";
import { HttpCodeElb, HttpCodeTarget } from "aws-cdk-lib/aws-elasticloadbalancingv2";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { scalingPolicy } from "../shared/aws/scaling-policy.ts";
import { daemonNamespace, figuresNamespace } from "../shared/aws/tier-grants.ts";
import type { StackConfig } from "./config.ts";
import type { Data } from "./data.ts";
import type { Mail } from "./mail.ts";
import type { Platform } from "./platform.ts";

const period = Duration.minutes(1);

export interface FigureSources {
  readonly data: Data;
  /** Undefined where there is no mail. */
  readonly mail: Mail | undefined;
  readonly platform: Platform;
  readonly groups: Readonly<Record<"web" | "worker", string>>;
  readonly stackName: string;
  readonly config: StackConfig;
}

export type Figures = ReturnType<typeof createFigures>;
export type MailFigures = ReturnType<typeof createMailFigures>;

function queueMetric(queue: Queue, metricName: string, label: string, statistic: string = Stats.MAXIMUM) {
  return queue.metric(metricName, { statistic, label, period });
}

/**
 * SES names rates of bounces and complaints for the account, by which it stops accounts, and for each configuration set.
 * They are published some times in an hour.
 * https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
 */
function createMailFigures({ queue, deadLetterQueue, configurationSet }: Mail) {
  const ses = (metricName: string, label: string, statistic: string, dimensionsMap: Record<string, string> = {}) =>
    new Metric({ namespace: "AWS/SES", metricName, dimensionsMap, statistic, label, period });
  const hour = Duration.hours(1);
  const own = { "ses:configuration-set": configurationSet.configurationSetName };
  const rate = (metricName: string, label: string, dimensions: Record<string, string> = {}) =>
    ses(metricName, label, Stats.MAXIMUM, dimensions).with({ period: hour });
  return {
    messages: queueMetric(queue, "ApproximateNumberOfMessagesVisible", "Mail packs waiting"),
    oldestAge: queueMetric(queue, "ApproximateAgeOfOldestMessage", "Age of the oldest mail pack (s)"),
    deadLetterMessages: queueMetric(deadLetterQueue, "ApproximateNumberOfMessagesVisible", "Mail packs given up"),
    sent: ses("Send", "Sent by the account", Stats.SUM),
    bounced: ses("Bounce", "Bounced", Stats.SUM),
    complained: ses("Complaint", "Complaints", Stats.SUM),
    bounceRate: rate("Reputation.BounceRate", "Bounce rate of the account"),
    complaintRate: rate("Reputation.ComplaintRate", "Complaint rate of the account"),
    ownBounceRate: rate("Reputation.BounceRate", "Bounce rate of this event", own),
    ownComplaintRate: rate("Reputation.ComplaintRate", "Complaint rate of this event", own),
  } satisfies Record<string, IMetric>;
}

export function createFigures({ data, mail, platform, groups, stackName, config }: FigureSources) {
  /** A metric published by the tiers, summed over instances. */
  const tier = (metricName: string, label: string, statistic: string = Stats.SUM) =>
    new Metric({
      namespace: figuresNamespace,
      metricName,
      dimensionsMap: { Stack: stackName },
      statistic,
      label,
      period,
    });
  const sqs = queueMetric;
  const group = (name: string, namespace: string, metricName: string, label: string) =>
    new Metric({
      namespace,
      metricName,
      dimensionsMap: { AutoScalingGroupName: name },
      statistic: Stats.AVERAGE,
      label,
      period,
    });
  /** Of all instances of a tier together. */
  const traffic = (name: string, metricName: string, label: string) =>
    group(name, "AWS/EC2", metricName, label).with({ statistic: Stats.SUM });
  const environment = (of: CfnEnvironment, namespace: string, metricName: string, label: string, statistic: string) =>
    new Metric({ namespace, metricName, dimensionsMap: { EnvironmentName: of.ref }, statistic, label, period });
  const table = (of: TableV2, metricName: string, label: string) =>
    new Metric({
      namespace: "AWS/DynamoDB",
      metricName,
      dimensionsMap: { TableName: of.tableName },
      statistic: Stats.SUM,
      label,
      period,
    });
  const aMinute = { period, statistic: Stats.SUM };
  const { queue, deadLetterQueue, registrations, deadLetters } = data;
  const { loadBalancer, web, worker } = platform;

  /** 1 for each minute in which a tier was at its maximum and needed more. */
  const atMaximum = (instances: Metric, maximum: number, need: Metric, above: number, label: string) =>
    new MathExpression({
      expression: `IF(instances >= ${maximum} AND FILL(need, 0) > ${above}, 1, 0)`,
      usingMetrics: { instances, need },
      label,
      period,
    });
  const webInstances = group(groups.web, "AWS/AutoScaling", "GroupInServiceInstances", "Web");
  const workerInstances = group(groups.worker, "AWS/AutoScaling", "GroupInServiceInstances", "Worker");
  const webCpu = group(groups.web, "AWS/EC2", "CPUUtilization", "Web");
  const oldestAge = sqs(queue, "ApproximateAgeOfOldestMessage", "Age of the oldest message (s)");
  const messages = sqs(queue, "ApproximateNumberOfMessagesVisible", "Messages waiting");
  const packsReceived = sqs(queue, "NumberOfMessagesReceived", "Packs received", Stats.SUM);
  const packsDeleted = sqs(queue, "NumberOfMessagesDeleted", "Packs done", Stats.SUM);

  return {
    mail: mail && createMailFigures(mail),
    accepted: tier("turnout_registrations_accepted_total", "Accepted"),
    stored: tier("turnout_registrations_stored_total", "Stored"),
    duplicates: tier("turnout_registrations_duplicate_total", "Second submissions"),
    refused: tier("turnout_requests_refused_total", "Answered with an error"),
    paused: tier("turnout_acceptance_paused", "Registration paused by order", Stats.MAXIMUM),
    people: tier("turnout_queue_registrations_estimate", "Registrations waiting (estimate)", Stats.MAXIMUM),
    drain: tier("turnout_queue_drain_per_second", "Registrations drained each second", Stats.MAXIMUM),
    eta: tier("turnout_queue_eta_seconds", "Seconds until the queue is empty", Stats.MAXIMUM),
    breakerOpen: tier("turnout_breaker_open", "Workers that paused", Stats.MAXIMUM),

    messages,
    inFlight: sqs(queue, "ApproximateNumberOfMessagesNotVisible", "Messages being worked on"),
    oldestAge,
    packsSent: sqs(queue, "NumberOfMessagesSent", "Packs sent", Stats.SUM),
    packsReceived,
    packsDeleted,
    /** 1 for each minute in which messages waited and none was finished. */
    stalled: new MathExpression({
      expression: "IF(waiting > 0 AND FILL(done, 0) == 0, 1, 0)",
      usingMetrics: { waiting: messages, done: packsDeleted },
      label: "Minutes without progress",
      period,
    }),
    /** 1 for each minute without a receive; an idle worker polls all the time. */
    notPolled: new MathExpression({
      expression: "IF(FILL(received, 0) + FILL(empty, 0) == 0, 1, 0)",
      usingMetrics: {
        received: packsReceived,
        empty: sqs(queue, "NumberOfEmptyReceives", "Empty receives", Stats.SUM),
      },
      label: "Minutes without a poll",
      period,
    }),
    /** The worker receives everything there and makes records of it. */
    deadLettersReceived: sqs(deadLetterQueue, "NumberOfMessagesReceived", "Dead letters collected", Stats.SUM),
    deadLetterMessages: sqs(deadLetterQueue, "ApproximateNumberOfMessagesVisible", "Dead letters not collected yet"),

    webInstances,
    workerInstances,
    webCpu,
    workerCpu: group(groups.worker, "AWS/EC2", "CPUUtilization", "Worker"),
    // The fullest instance: memory does not average out.
    webMemory: tier("turnout_web_memory_used_percent", "Web", Stats.MAXIMUM),
    workerMemory: tier("turnout_worker_memory_used_percent", "Worker", Stats.MAXIMUM),
    webNetworkIn: traffic(groups.web, "NetworkIn", "Web, in"),
    webNetworkOut: traffic(groups.web, "NetworkOut", "Web, out"),
    workerNetworkIn: traffic(groups.worker, "NetworkIn", "Worker, in"),
    workerNetworkOut: traffic(groups.worker, "NetworkOut", "Worker, out"),

    webAtMaximum: atMaximum(
      webInstances,
      config.webMaxInstances,
      webCpu,
      scalingPolicy.web.cpu.growAbovePercent,
      "Web tier at its maximum",
    ),
    workerAtMaximum: atMaximum(
      workerInstances,
      config.workerMaxInstances,
      oldestAge,
      scalingPolicy.worker.backlog.acceptableDelaySeconds,
      "Worker tier at its maximum",
    ),

    requests: loadBalancer.metrics.requestCount({ ...aMinute, label: "Requests" }),
    tierErrors: loadBalancer.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, {
      ...aMinute,
      label: "5xx by the web tier",
    }),
    balancerErrors: loadBalancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, {
      ...aMinute,
      label: "5xx by the load balancer",
    }),
    responseTime: loadBalancer.metrics.targetResponseTime({
      period,
      statistic: Stats.percentile(99),
      label: "p99 (s)",
    }),

    writes: table(registrations, "ConsumedWriteCapacityUnits", "Write units"),
    writeThrottles: table(registrations, "WriteThrottleEvents", "Throttled writes"),
    recordThrottles: table(deadLetters, "WriteThrottleEvents", "Throttled writes of dead letters"),

    webHealth: environment(web, "AWS/ElasticBeanstalk", "EnvironmentHealth", "Web", Stats.MAXIMUM),
    workerHealth: environment(worker, "AWS/ElasticBeanstalk", "EnvironmentHealth", "Worker", Stats.MAXIMUM),
    daemonHealth: environment(worker, daemonNamespace, "Health", "Daemon", Stats.MINIMUM).with({
      period: Duration.minutes(5),
    }),
  } satisfies Record<string, IMetric | Readonly<Record<string, IMetric>> | undefined>;
}
