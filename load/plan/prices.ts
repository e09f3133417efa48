/**
 * Prices for the cost estimate of `turnout plan`: list prices of us-east-1 in US dollars, for the first and dearest step of each
 * scale, without free tier, discounts and tax. They change and differ by region: check the sources before you base a budget
 * on them.
 */

/** Where AWS lists the prices of each service. */
export const priceLists = {
  EC2: "https://aws.amazon.com/ec2/pricing/on-demand/",
  "Load balancer": "https://aws.amazon.com/elasticloadbalancing/pricing/",
  "NAT gateway": "https://aws.amazon.com/vpc/pricing/",
  CloudFront: "https://aws.amazon.com/cloudfront/pricing/",
  SQS: "https://aws.amazon.com/sqs/pricing/",
  DynamoDB: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  CloudWatch: "https://aws.amazon.com/cloudwatch/pricing/",
  SES: "https://aws.amazon.com/ses/pricing/",
  WAF: "https://aws.amazon.com/waf/pricing/",
} as const;

export type Service = keyof typeof priceLists;

export const prices = {
  /** Date of these prices. */
  asOf: "2026-11-23",
  region: "us-east-1",
  /** Linux, by the hour. */
  instanceHour: {
    "t4g.small": 0.0168,
    "t4g.medium": 0.0336,
    "c7g.medium": 0.0363,
    "c7g.large": 0.0725,
    "c7g.xlarge": 0.145,
    "m7g.medium": 0.0408,
    "m7g.large": 0.0816,
  },
  loadBalancerHour: 0.0225,
  /** A load balancer capacity unit, for an hour. */
  capacityUnitHour: 0.008,
  natGatewayHour: 0.045,
  /** In either direction. */
  natGigabyte: 0.045,
  /** Public, of the NAT gateway. */
  addressHour: 0.005,
  /** HTTPS, in Europe and North America. */
  cloudFrontTenThousandRequests: 0.01,
  /** To attendees in Europe and North America. */
  cloudFrontGigabyte: 0.085,
  cloudFrontMillionFunctionRuns: 0.1,
  /** Standard queue, of up to 64 KiB each. */
  sqsMillionRequests: 0.4,
  dynamoDbMillionWrites: 0.625,
  dynamoDbMillionReads: 0.125,
  /** Once, for each unit of warm throughput above what the table had. */
  warmWriteUnit: 0.00065,
  dynamoDbGigabyteMonth: 0.25,
  /** Backups for point-in-time recovery. */
  dynamoDbBackupGigabyteMonth: 0.2,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  /** PutMetricData. */
  thousandMetricCalls: 0.01,
  thousandMails: 0.1,
  mailAttachmentGigabyte: 0.12,
  firewallMonth: 5,
  firewallRuleMonth: 1,
  firewallMillionRequests: 0.6,
} as const;

export type Prices = {
  readonly [name in keyof typeof prices]: (typeof prices)[name] extends number
    ? number
    : (typeof prices)[name] extends string
      ? string
      : Readonly<Record<InstanceType, number>>;
};

export type InstanceType = keyof typeof prices.instanceHour;

export const instanceTypes = Object.keys(prices.instanceHour) as InstanceType[];

/**
 * Speed of one process on this type, relative to the machine of `bench/results.json`. A tier is one process, so more cores help
 * little. Assumed, until the benchmark has run on the type itself.
 */
export const relativeSpeed: Record<InstanceType, number> = {
  "t4g.small": 0.6,
  "t4g.medium": 0.6,
  "c7g.medium": 0.8,
  "c7g.large": 1,
  "c7g.xlarge": 1,
  "m7g.medium": 0.8,
  "m7g.large": 1,
};
