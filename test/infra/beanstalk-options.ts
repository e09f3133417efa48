/**
 * The options that Elastic Beanstalk documents, with what each may be: Elastic Beanstalk and CloudFormation take a
 * misspelt one without a word. Only namespaces that a load-balanced environment on Amazon Linux 2023 can have.
 * Source: https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html and, for the proxy,
 * https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-specific.html
 */

/** One of these texts, a text of this form, a whole number between these bounds, or anything. */
type Allowed = readonly string[] | RegExp | { readonly from: number; readonly to: number } | "anything";

const flag: Allowed = ["true", "false"];
const days: Allowed = ["1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731"];
const whole = (from: number, to: number): Allowed => ({ from, to });

const processOptions: Readonly<Record<string, Allowed>> = {
  DeregistrationDelay: whole(0, 3_600),
  HealthCheckInterval: whole(5, 300),
  HealthCheckPath: /^\//,
  HealthCheckTimeout: whole(1, 60),
  HealthyThresholdCount: whole(2, 10),
  MatcherHTTPCode: /^[2-4]\d\d([,-][2-4]\d\d)*$/,
  Port: whole(1, 65_535),
  Protocol: ["HTTP", "HTTPS"],
  StickinessEnabled: flag,
  StickinessLBCookieDuration: whole(1, 604_800),
  StickinessType: ["lb_cookie"],
  UnhealthyThresholdCount: whole(2, 10),
};

/** Namespace → option → what it may be. A namespace that ends in `*` stands for any name in its place. */
const documentedOptions: Readonly<Record<string, Readonly<Record<string, Allowed>>>> = {
  "aws:autoscaling:asg": {
    "Availability Zones": ["Any", "Any 1", "Any 2", "Any 3"],
    Cooldown: whole(0, 10_000),
    "Custom Availability Zones": "anything",
    EnableCapacityRebalancing: flag,
    MinSize: whole(1, 10_000),
    MaxSize: whole(1, 10_000),
  },
  "aws:autoscaling:launchconfiguration": {
    DisableDefaultEC2SecurityGroup: flag,
    DisableIMDSv1: flag,
    EC2KeyName: "anything",
    IamInstanceProfile: "anything",
    ImageId: /^ami-/,
    InstanceType: "anything",
    LaunchTemplateTagPropagationEnabled: flag,
    MonitoringInterval: ["1 minute", "5 minute"],
    SecurityGroups: "anything",
    SSHSourceRestriction: "anything",
    BlockDeviceMappings: "anything",
    RootVolumeType: ["standard", "gp2", "gp3", "io1"],
    RootVolumeSize: whole(8, 16_384),
    RootVolumeIOPS: whole(100, 20_000),
    RootVolumeThroughput: whole(125, 1_000),
  },
  "aws:autoscaling:trigger": {
    BreachDuration: whole(1, 600),
    LowerBreachScaleIncrement: /^-\d+$/,
    LowerThreshold: whole(0, 20_000_000),
    MeasureName: [
      "CPUUtilization",
      "NetworkIn",
      "NetworkOut",
      "DiskWriteOps",
      "DiskReadBytes",
      "DiskReadOps",
      "DiskWriteBytes",
      "Latency",
      "RequestCount",
      "HealthyHostCount",
      "UnhealthyHostCount",
      "TargetResponseTime",
    ],
    Period: whole(1, 600),
    EvaluationPeriods: whole(1, 600),
    Statistic: ["Minimum", "Maximum", "Sum", "Average"],
    Unit: ["Seconds", "Percent", "Bytes", "Bits", "Count", "Bytes/Second", "Bits/Second", "Count/Second", "None"],
    UpperBreachScaleIncrement: /^\d+$/,
    UpperThreshold: whole(0, 20_000_000),
  },
  "aws:autoscaling:updatepolicy:rollingupdate": {
    MaxBatchSize: whole(1, 10_000),
    MinInstancesInService: whole(0, 9_999),
    RollingUpdateEnabled: flag,
    RollingUpdateType: ["Time", "Health", "Immutable"],
    PauseTime: /^PT/,
    Timeout: /^PT/,
  },
  "aws:ec2:instances": {
    EnableSpot: flag,
    InstanceTypes: /^[a-z0-9-]+\.[a-z0-9-]+(,[a-z0-9-]+\.[a-z0-9-]+)*$/,
    SpotAllocationStrategy: "anything",
    SpotFleetOnDemandBase: "anything",
    SpotFleetOnDemandAboveBasePercentage: whole(0, 100),
    SpotMaxPrice: "anything",
    SupportedArchitectures: ["arm64", "x86_64"],
  },
  "aws:ec2:vpc": {
    VPCId: "anything",
    Subnets: "anything",
    ELBSubnets: "anything",
    ELBScheme: ["public", "internal"],
    AssociatePublicIpAddress: flag,
  },
  "aws:elasticbeanstalk:application": { "Application Healthcheck URL": /^(\/|HTTPS?:|TCP:|SSL:)/ },
  "aws:elasticbeanstalk:application:environment": { "*": "anything" },
  "aws:elasticbeanstalk:application:environmentsecrets": { "*": "anything" },
  "aws:elasticbeanstalk:cloudwatch:logs": { StreamLogs: flag, DeleteOnTerminate: flag, RetentionInDays: days },
  "aws:elasticbeanstalk:cloudwatch:logs:health": {
    HealthStreamingEnabled: flag,
    DeleteOnTerminate: flag,
    RetentionInDays: days,
  },
  "aws:elasticbeanstalk:command": {
    DeploymentPolicy: ["AllAtOnce", "Rolling", "RollingWithAdditionalBatch", "Immutable", "TrafficSplitting"],
    Timeout: whole(1, 3_600),
    BatchSizeType: ["Percentage", "Fixed"],
    BatchSize: whole(1, 10_000),
    IgnoreHealthCheck: flag,
  },
  "aws:elasticbeanstalk:environment": {
    EnvironmentType: ["SingleInstance", "LoadBalanced"],
    ServiceRole: "anything",
    LoadBalancerType: ["classic", "application", "network"],
    LoadBalancerIsShared: flag,
  },
  "aws:elasticbeanstalk:environment:process:*": processOptions,
  "aws:elasticbeanstalk:environment:proxy": { ProxyServer: ["nginx", "apache"] },
  "aws:elasticbeanstalk:environment:proxy:staticfiles": { "*": "anything" },
  "aws:elasticbeanstalk:healthreporting:system": {
    SystemType: ["basic", "enhanced"],
    ConfigDocument: /^\{/,
    EnhancedHealthAuthEnabled: flag,
    HealthCheckSuccessThreshold: ["Ok", "Warning", "Degraded", "Severe"],
  },
  "aws:elasticbeanstalk:hostmanager": { LogPublicationControl: flag },
  "aws:elasticbeanstalk:managedactions": {
    ManagedActionsEnabled: flag,
    PreferredStartTime: /^[A-Z][a-z]{2}:\d\d:\d\d$/,
    ServiceRoleForManagedUpdates: "anything",
  },
  "aws:elasticbeanstalk:managedactions:platformupdate": {
    UpdateLevel: ["patch", "minor"],
    InstanceRefreshEnabled: flag,
  },
  "aws:elasticbeanstalk:sqsd": {
    WorkerQueueURL: /^https:/,
    HttpPath: /^\//,
    MimeType: "anything",
    HttpConnections: whole(1, 100),
    ConnectTimeout: whole(1, 60),
    InactivityTimeout: whole(1, 36_000),
    VisibilityTimeout: whole(0, 43_200),
    ErrorVisibilityTimeout: whole(0, 43_200),
    RetentionPeriod: whole(60, 1_209_600),
    MaxRetries: whole(1, 100),
  },
  "aws:elasticbeanstalk:trafficsplitting": { NewVersionPercent: whole(1, 100), EvaluationTime: whole(3, 600) },
  "aws:elasticbeanstalk:xray": { XRayEnabled: flag },
  // With a shared load balancer only these options of its namespaces count.
  "aws:elbv2:listener:*": { Rules: "anything" },
  "aws:elbv2:listenerrule:*": {
    HostHeaders: "anything",
    PathPatterns: /^\//,
    Priority: whole(1, 1_000),
    Process: "anything",
  },
  "aws:elbv2:loadbalancer": { SharedLoadBalancer: "anything", SecurityGroups: "anything" },
};

export interface GivenOption {
  readonly Namespace: string;
  readonly OptionName: string;
  /** A text, or what CloudFormation will put in its place. */
  readonly Value: unknown;
}

/** @returns what is wrong with an option: undefined where it is one of the documented, with a value that it may have */
export function optionError({ Namespace, OptionName, Value }: GivenOption): string | undefined {
  const general = Namespace.replace(/:[^:]+$/, ":*");
  const options = documentedOptions[Namespace] ?? documentedOptions[general];
  if (!options) return `${Namespace} is no documented namespace`;
  const allowed = options[OptionName] ?? options["*"];
  if (allowed === undefined) return `${Namespace} has no option ${OptionName}`;
  // What is known only during deployment cannot be checked before it.
  if (typeof Value !== "string" || allowed === "anything") return undefined;
  return fits(Value, allowed) ? undefined : `${Namespace} ${OptionName} may not be ${JSON.stringify(Value)}`;
}

function fits(value: string, allowed: Exclude<Allowed, "anything">): boolean {
  if (allowed instanceof RegExp) return allowed.test(value);
  if ("from" in allowed) return /^\d+$/.test(value) && Number(value) >= allowed.from && Number(value) <= allowed.to;
  return allowed.includes(value);
}
