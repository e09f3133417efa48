/**
 * Scaling beyond Elastic Beanstalk's trigger for the web tier: the worker by CPU, backlog and age, and both tiers by
 * schedule before a rush. Numbers: `shared/aws/scaling-policy.ts`.
 */
import { CfnScalingPolicy, CfnScheduledAction } from "aws-cdk-lib/aws-autoscaling";
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Duration } from "aws-cdk-lib";
import { Construct } from "constructs";
import { scalingPolicy } from "../shared/aws/scaling-policy.ts";
import { runbookLink } from "./alarms.ts";
import type { StackConfig } from "./config.ts";
import type { Data } from "./data.ts";
import type { Lookups } from "./lookups.ts";
import type { Platform } from "./platform.ts";
import { scheduleRushes, type RushNotRaised } from "./rush-schedule.ts";

export interface ScalingProps {
  readonly config: StackConfig;
  readonly data: Data;
  readonly platform: Platform;
  readonly lookups: Lookups;
  /** Milliseconds since the epoch. */
  readonly opensAt: number;
  /** Milliseconds since the epoch. */
  readonly closesAt: number;
  /** Time of this synthesis, milliseconds since the epoch. */
  readonly now: number;
}

const { worker, instanceReadySeconds } = scalingPolicy;

export class Scaling extends Construct {
  /** Name of each tier's Auto Scaling group. */
  readonly groups: Readonly<Record<"web" | "worker", string>>;
  readonly rushesNotRaised: readonly RushNotRaised[];

  constructor(scope: Construct, id: string, props: ScalingProps) {
    super(scope, id);
    const { lookups, platform } = props;
    this.groups = {
      web: lookups.environmentGroup("WebGroup", platform.web),
      worker: lookups.environmentGroup("WorkerGroup", platform.worker),
    };
    this.#countInstances(lookups);
    this.#trackCpu();
    this.#trackBacklog(props.data);
    this.#stepOnAge(props.data, props.config);
    this.rushesNotRaised = this.#scheduleRushes(props);
  }

  /** Groups publish their instances in service only when enabled; the backlog is divided by it. */
  #countInstances(lookups: Lookups): void {
    for (const [tier, group] of Object.entries(this.groups)) {
      lookups.do(`Count${tier === "web" ? "Web" : "Worker"}Instances`, {
        service: "AutoScaling",
        action: "enableMetricsCollection",
        parameters: { AutoScalingGroupName: group, Granularity: "1Minute", Metrics: ["GroupInServiceInstances"] },
        changesWith: group,
      });
    }
  }

  #trackCpu(): void {
    new CfnScalingPolicy(this, "WorkerCpu", {
      autoScalingGroupName: this.groups.worker,
      policyType: "TargetTrackingScaling",
      estimatedInstanceWarmup: instanceReadySeconds,
      targetTrackingConfiguration: {
        targetValue: worker.cpu.targetPercent,
        predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
      },
    });
  }

  /** The form AWS documents for a backlog; no guard against zero, since one instance is always in service. */
  #trackBacklog({ queue }: Data): void {
    const metric = (id: string, stat: string, namespace: string, metricName: string, name: string, value: string) => ({
      id,
      returnData: false,
      metricStat: { stat, metric: { namespace, metricName, dimensions: [{ name, value }] } },
    });
    new CfnScalingPolicy(this, "WorkerBacklog", {
      autoScalingGroupName: this.groups.worker,
      policyType: "TargetTrackingScaling",
      estimatedInstanceWarmup: instanceReadySeconds,
      targetTrackingConfiguration: {
        targetValue: worker.backlog.messagesPerInstance,
        customizedMetricSpecification: {
          metrics: [
            metric("visible", "Sum", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.queueName),
            metric(
              "instances",
              "Average",
              "AWS/AutoScaling",
              "GroupInServiceInstances",
              "AutoScalingGroupName",
              this.groups.worker,
            ),
            {
              id: "backlog",
              expression: "visible / instances",
              label: "Messages waiting by instance in service",
              returnData: true,
            },
          ],
        },
      },
    });
  }

  #stepOnAge({ queue }: Data, config: StackConfig): void {
    const { steps, periodSeconds, breachPeriods } = worker.age;
    const first = steps[0]?.fromSeconds ?? 0;
    const policy = new CfnScalingPolicy(this, "WorkerAge", {
      autoScalingGroupName: this.groups.worker,
      policyType: "StepScaling",
      adjustmentType: "ChangeInCapacity",
      metricAggregationType: "Maximum",
      estimatedInstanceWarmup: instanceReadySeconds,
      // Bounds are relative to the alarm's threshold.
      stepAdjustments: steps.map((step, index) => {
        const next = steps[index + 1];
        const from = { metricIntervalLowerBound: step.fromSeconds - first, scalingAdjustment: step.addInstances };
        return next ? Object.assign(from, { metricIntervalUpperBound: next.fromSeconds - first }) : from;
      }),
    });
    const alarm = new Alarm(this, "OldestMessageIsOld", {
      alarmDescription: `Grows the worker tier; nobody needs to act. ${runbookLink("Scaling", config)}`,
      metric: queue.metricApproximateAgeOfOldestMessage({
        period: Duration.seconds(periodSeconds),
        statistic: Stats.MAXIMUM,
      }),
      threshold: first,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: breachPeriods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction({ bind: () => ({ alarmActionArn: policy.ref }) });
  }

  /**
   * Pairs of actions: one raises the minimum, the other restores it. Sizes are not set, so the other policies scale in
   * after the rush.
   */
  #scheduleRushes({ config, opensAt, closesAt, now }: ScalingProps): readonly RushNotRaised[] {
    const { actions, notRaised } = scheduleRushes(opensAt, closesAt, now);
    for (const { name, what, at } of actions) {
      for (const tier of ["web", "worker"] as const) {
        new CfnScheduledAction(this, `${name}${tier === "web" ? "Web" : "Worker"}`, {
          autoScalingGroupName: this.groups[tier],
          startTime: at,
          minSize: what === "raise" ? config[`${tier}RushInstances`] : config[`${tier}MinInstances`],
        });
      }
    }
    return notRaised;
  }
}
