/**
 * Prices for the cost estimate of `turnout plan`: list prices of us-east-1 in US dollars, without free tier, discounts and
 * tax. They change and differ by region: check the sources before you base a budget on them.
 */

export const prices = {
  /** Date of these prices. */
  asOf: "2026-11-23",
  region: "us-east-1",
  /** https://aws.amazon.com/ec2/pricing/on-demand/ : Linux, by the hour. */
  instanceHour: {
    "t4g.small": 0.0168,
    "t4g.medium": 0.0336,
    "c7g.medium": 0.0363,
    "c7g.large": 0.0725,
    "c7g.xlarge": 0.145,
    "m7g.medium": 0.0408,
    "m7g.large": 0.0816,
  },
  /** https://aws.amazon.com/sqs/pricing/ : standard queue, for each million requests of up to 64 KiB. */
  sqsMillionRequests: 0.4,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/ : for each million units. */
  dynamoDbMillionWrites: 0.625,
  dynamoDbMillionReads: 0.125,
  /** The same page: warming is charged once, for each unit above what the table had. */
  warmWriteUnit: 0.00065,
  /** https://aws.amazon.com/cloudfront/pricing/ : HTTPS requests, for each 10,000. */
  cloudFrontTenThousandRequests: 0.01,
  /** https://aws.amazon.com/elasticloadbalancing/pricing/ : by the hour. */
  loadBalancerHour: 0.0225,
  /** https://aws.amazon.com/vpc/pricing/ : by the hour. */
  natGatewayHour: 0.045,
} as const;

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
