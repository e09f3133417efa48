/**
 * The settings of both Beanstalk environments, as data. Elastic Beanstalk takes a wrong namespace or name without a
 * word, so a test holds each of them against the documented ones.
 * Which resources they name is decided in `platform.ts`; how many instances and when, in `shared/aws/scaling-policy.ts`.
 */
import type { CfnEnvironment } from "aws-cdk-lib/aws-elasticbeanstalk";
import { scalingPolicy } from "../shared/aws/scaling-policy.ts";
import { instancePort } from "./network.ts";

/** Namespace → name → value. */
export type OptionSettings = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface InstanceSettings {
  readonly instanceType: string;
  readonly architecture: "arm64" | "x86_64";
  readonly instanceProfileArn: string;
  readonly serviceRoleArn: string;
  readonly securityGroupId: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly logRetentionDays: number;
  /** Environment variables of the tier. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The load balancer stands in the stack, not in the environment: one that Elastic Beanstalk owned could be replaced. */
export interface SharedLoadBalancer {
  readonly arn: string;
  readonly securityGroupId: string;
  /** Host name by which CloudFront asks over TLS; undefined where it asks over HTTP for the environment's own name. */
  readonly tlsHostName?: string;
}

function instances(settings: InstanceSettings): OptionSettings {
  return {
    "aws:elasticbeanstalk:environment": {
      EnvironmentType: "LoadBalanced",
      ServiceRole: settings.serviceRoleArn,
    },
    "aws:ec2:vpc": {
      VPCId: settings.vpcId,
      Subnets: settings.subnetIds.join(","),
      AssociatePublicIpAddress: "false",
    },
    "aws:ec2:instances": {
      InstanceTypes: settings.instanceType,
      SupportedArchitectures: settings.architecture,
    },
    "aws:autoscaling:launchconfiguration": {
      IamInstanceProfile: settings.instanceProfileArn,
      SecurityGroups: settings.securityGroupId,
      // Without this, Elastic Beanstalk adds a group of its own, with rules that nobody here wrote.
      DisableDefaultEC2SecurityGroup: "true",
      // Also what makes Elastic Beanstalk use launch templates; new accounts cannot make launch configurations.
      DisableIMDSv1: "true",
      RootVolumeType: "gp3",
      MonitoringInterval: "1 minute",
    },
    "aws:autoscaling:asg": {
      MinSize: String(settings.minInstances),
      MaxSize: String(settings.maxInstances),
      Cooldown: String(scalingPolicy.web.cpu.cooldownSeconds),
    },
    "aws:elasticbeanstalk:command": {
      Timeout: "600",
      BatchSizeType: "Percentage",
      BatchSize: "50",
    },
    // By health: the next batch waits until the last one serves.
    "aws:autoscaling:updatepolicy:rollingupdate": {
      RollingUpdateEnabled: "true",
      RollingUpdateType: "Health",
      MaxBatchSize: "1",
      MinInstancesInService: String(settings.minInstances === 1 ? 0 : 1),
    },
    // A new platform version is a change of configuration, tried on the test stage first; not something that happens.
    "aws:elasticbeanstalk:managedactions": { ManagedActionsEnabled: "false" },
    "aws:elasticbeanstalk:environment:proxy": { ProxyServer: "nginx" },
    "aws:elasticbeanstalk:healthreporting:system": {
      SystemType: "enhanced",
      EnhancedHealthAuthEnabled: "true",
      ConfigDocument: JSON.stringify(healthRules),
    },
    "aws:elasticbeanstalk:cloudwatch:logs": {
      StreamLogs: "true",
      DeleteOnTerminate: "true",
      RetentionInDays: String(settings.logRetentionDays),
    },
    "aws:elasticbeanstalk:cloudwatch:logs:health": {
      HealthStreamingEnabled: "true",
      DeleteOnTerminate: "true",
      RetentionInDays: String(settings.logRetentionDays),
    },
    "aws:elasticbeanstalk:application:environment": settings.variables,
  };
}

/** An attendee's mistake is not the environment's: 4xx answers do not make it unhealthy. */
const healthRules = {
  Version: 1,
  Rules: {
    Environment: {
      Application: { ApplicationRequests4xx: { Enabled: false } },
      ELB: { ELBRequests4xx: { Enabled: false } },
    },
  },
};

/** @param secrets environment variables that are fetched from Secrets Manager: name → ARN of the secret */
export function webSettings(
  settings: InstanceSettings,
  balancer: SharedLoadBalancer,
  secrets: Readonly<Record<string, string>>,
): OptionSettings {
  const { cpu } = scalingPolicy.web;
  return merge(instances(settings), {
    "aws:elasticbeanstalk:environment": { LoadBalancerType: "application", LoadBalancerIsShared: "true" },
    "aws:elbv2:loadbalancer": { SharedLoadBalancer: balancer.arn, SecurityGroups: balancer.securityGroupId },
    ...listenerRule(balancer.tlsHostName),
    "aws:elasticbeanstalk:environment:process:default": {
      Port: String(instancePort),
      Protocol: "HTTP",
      // Whether the process lives, not whether the queue answers: an instance that cannot enqueue still tells people to
      // retry, and replacing it would mend nothing.
      HealthCheckPath: "/health",
      MatcherHTTPCode: "200",
      HealthCheckInterval: "10",
      HealthCheckTimeout: "5",
      HealthyThresholdCount: "2",
      UnhealthyThresholdCount: "3",
      DeregistrationDelay: "20",
      StickinessEnabled: "false",
    },
    "aws:autoscaling:trigger": {
      MeasureName: "CPUUtilization",
      Statistic: "Average",
      Unit: "Percent",
      Period: minutes(cpu.periodSeconds),
      EvaluationPeriods: String(cpu.breachPeriods),
      BreachDuration: minutes(cpu.periodSeconds * cpu.breachPeriods),
      UpperThreshold: String(cpu.growAbovePercent),
      UpperBreachScaleIncrement: String(cpu.addInstances),
      LowerThreshold: String(cpu.shrinkBelowPercent),
      LowerBreachScaleIncrement: String(-cpu.removeInstances),
    },
    // Never fewer instances while a new version comes in.
    "aws:elasticbeanstalk:command": { DeploymentPolicy: "RollingWithAdditionalBatch" },
    "aws:elasticbeanstalk:application:environmentsecrets": secrets,
  });
}

export function workerSettings(settings: InstanceSettings): OptionSettings {
  return merge(instances(settings), {
    // The queue keeps everything meanwhile, so the worker tier may be thin while a new version comes in.
    "aws:elasticbeanstalk:command": { DeploymentPolicy: "Rolling" },
    // No `WorkerQueueURL`: the daemon gets a queue of its own, which carries the posts of cron.yaml and nothing else. On
    // the registrations queue it would compete with the tier's own pollers.
    "aws:elasticbeanstalk:sqsd": {
      HttpPath: "/",
      HttpConnections: "5",
      ConnectTimeout: "5",
      InactivityTimeout: "60",
      VisibilityTimeout: "90",
      ErrorVisibilityTimeout: "30",
      MaxRetries: "3",
      // A post that comes an hour late is worth nothing: the next ones are there.
      RetentionPeriod: "3600",
    },
    // Elastic Beanstalk's trigger is switched off by thresholds that CPU cannot reach: it would shrink the tier whenever
    // it waits for the table rather than for its CPU, which is when a backlog stands. `scaling.ts` has the word.
    "aws:autoscaling:trigger": {
      MeasureName: "CPUUtilization",
      Statistic: "Average",
      Unit: "Percent",
      LowerThreshold: "0",
      UpperThreshold: "20000000",
    },
  });
}

/**
 * Over HTTP the environment gets its rule by itself, for its own host name. Over TLS the certificate's name is what is
 * asked for, so the rule has to name it.
 */
function listenerRule(tlsHostName: string | undefined): OptionSettings {
  if (tlsHostName === undefined) return { "aws:elbv2:listener:80": { Rules: "default" } };
  return {
    "aws:elbv2:listener:443": { Rules: "tls" },
    "aws:elbv2:listenerrule:tls": { HostHeaders: tlsHostName, PathPatterns: "/*", Priority: "1", Process: "default" },
  };
}

function minutes(seconds: number): string {
  return String(seconds / 60);
}

function merge(base: OptionSettings, more: OptionSettings): OptionSettings {
  const merged: Record<string, Readonly<Record<string, string>>> = { ...base };
  for (const [namespace, options] of Object.entries(more)) merged[namespace] = { ...merged[namespace], ...options };
  return merged;
}

/** @returns the form that CloudFormation takes, in an order that does not depend on how the settings were put together */
export function toProperties(settings: OptionSettings): CfnEnvironment.OptionSettingProperty[] {
  return Object.entries(settings)
    .flatMap(([namespace, options]) =>
      Object.entries(options).map(([optionName, value]) => ({ namespace, optionName, value })),
    )
    .toSorted((a, b) => (`${a.namespace} ${a.optionName}` < `${b.namespace} ${b.optionName}` ? -1 : 1));
}
