/**
 * The settings of both Beanstalk environments. Elastic Beanstalk silently accepts wrong names, so a test checks each
 * against the documented ones. Resources are chosen in `platform.ts`; instance numbers are in
 * `shared/aws/scaling-policy.ts`.
 */
import type { CfnEnvironment } from "aws-cdk-lib/aws-elasticbeanstalk";
import { scalingPolicy } from "../shared/aws/scaling-policy.ts";
import { tierPort } from "./tier-variables.ts";

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

/** The load balancer belongs to the stack: one owned by Elastic Beanstalk could be replaced. */
export interface SharedLoadBalancer {
  readonly arn: string;
  readonly securityGroupId: string;
  /** Host name for CloudFront's TLS connection; undefined for HTTP by the environment's own name. */
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
      // Otherwise Elastic Beanstalk adds a security group with its own rules.
      DisableDefaultEC2SecurityGroup: "true",
      // Also makes Elastic Beanstalk use launch templates; new accounts cannot create launch configurations.
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
    // Platform updates are configuration changes, tested first; never automatic.
    "aws:elasticbeanstalk:managedactions": { ManagedActionsEnabled: "false" },
    // As the platform configures it, for the daemon: it posts to port 80 of its own instance
    // (https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features-managing-env-tiers.html). Nobody reaches the
    // web tier's, but on this platform there is no `none`
    // (https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.migration-al.html, Node.js).
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

/** Client errors do not make an environment unhealthy. */
const healthRules = {
  Version: 1,
  Rules: {
    Environment: {
      Application: { ApplicationRequests4xx: { Enabled: false } },
      ELB: { ELBRequests4xx: { Enabled: false } },
    },
  },
};

/** @param secrets variables from Secrets Manager: name → ARN of the secret */
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
      // The tier itself: nginx in between would cost as much CPU again as a bare server.
      Port: String(tierPort),
      Protocol: "HTTP",
      // Liveness, not the queue: an instance that cannot enqueue still tells people to retry, and replacing it would
      // not help.
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
    // Never fewer instances during a deployment.
    "aws:elasticbeanstalk:command": { DeploymentPolicy: "RollingWithAdditionalBatch" },
    "aws:elasticbeanstalk:application:environmentsecrets": secrets,
  });
}

/** @param secrets as of `webSettings`; none where there is no mail */
export function workerSettings(
  settings: InstanceSettings,
  secrets: Readonly<Record<string, string>> = {},
): OptionSettings {
  return merge(instances(settings), {
    // The queue holds everything meanwhile, so fewer workers are fine during a deployment.
    "aws:elasticbeanstalk:command": { DeploymentPolicy: "Rolling" },
    // No `WorkerQueueURL`: the daemon's own queue only carries cron.yaml posts. On the registrations queue it would
    // compete with the tier's pollers.
    "aws:elasticbeanstalk:sqsd": {
      HttpPath: "/",
      HttpConnections: "5",
      ConnectTimeout: "5",
      InactivityTimeout: "60",
      VisibilityTimeout: "90",
      ErrorVisibilityTimeout: "30",
      MaxRetries: "3",
      // An hour-old post is useless: newer ones exist.
      RetentionPeriod: "3600",
    },
    // Disables Elastic Beanstalk's trigger with thresholds that CPU cannot reach: it would scale in while the tier
    // waits for the table, just when there is a backlog. `scaling.ts` scales instead.
    "aws:autoscaling:trigger": {
      MeasureName: "CPUUtilization",
      Statistic: "Average",
      Unit: "Percent",
      LowerThreshold: "0",
      UpperThreshold: "20000000",
    },
    "aws:elasticbeanstalk:application:environmentsecrets": secrets,
  });
}

/**
 * The default rule is for the environment's own host name; Elastic Beanstalk adds it by itself on port 80 only. With TLS
 * requests use the certificate's name, so another rule must name it.
 */
function listenerRule(tlsHostName: string | undefined): OptionSettings {
  if (tlsHostName === undefined) return { "aws:elbv2:listener:80": { Rules: "default" } };
  return {
    "aws:elbv2:listener:443": { Rules: "default,tls" },
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

/** @returns the form for CloudFormation, in a deterministic order */
export function toProperties(settings: OptionSettings): CfnEnvironment.OptionSettingProperty[] {
  return Object.entries(settings)
    .flatMap(([namespace, options]) =>
      Object.entries(options).map(([optionName, value]) => ({ namespace, optionName, value })),
    )
    .toSorted((a, b) => (`${a.namespace} ${a.optionName}` < `${b.namespace} ${b.optionName}` ? -1 : 1));
}
