/** What a planned rush costs, by service: an estimate from list prices, for the order of magnitude. */
import { prices, type InstanceType } from "./prices.ts";
import type { Settings } from "./planner.ts";
import { fullPack } from "./instance-rates.ts";
import type { Outcome } from "./simulation.ts";
import { newTableWritesPerSecond } from "./table-throughput.ts";

export interface CostLine {
  readonly service: string;
  /** What it is for, in words. */
  readonly what: string;
  readonly dollars: number;
}

export interface CostOptions {
  readonly settings: Settings;
  readonly outcome: Outcome;
  readonly webType: InstanceType;
  readonly workerType: InstanceType;
  /** How long both tiers stay raised: lead, rush and hold. */
  readonly raisedSeconds: number;
}

/** Page, its two assets, the post, and three looks at the status. */
const requestsPerPerson = 7;
/** A send, its share of receives, and its share of deletes (both ten at a time), long polls that come back empty aside. */
const sqsRequestsPerMessage = 1.2;
/** Two half units for each look at the status. */
const readUnitsPerPerson = 3;

/** @returns the cost of the rush itself, each service on a line; what stands around all day is `dailyDollars` */
export function costOf({ settings, outcome, webType, workerType, raisedSeconds }: CostOptions): CostLine[] {
  const hours = raisedSeconds / 3_600;
  const people = outcome.accepted;
  const instances =
    settings.webInstances * prices.instanceHour[webType] + settings.workerInstances * prices.instanceHour[workerType];
  const warmed = Math.max(0, settings.warmWritesPerSecond - newTableWritesPerSecond);
  const million = 1_000_000;
  return [
    {
      service: "EC2",
      what: `${settings.webInstances} ${webType} and ${settings.workerInstances} ${workerType} for ${hours.toFixed(1)} h`,
      dollars: instances * hours,
    },
    {
      service: "DynamoDB",
      what: "one write and a few reads for each person",
      dollars: (people / million) * (prices.dynamoDbMillionWrites + readUnitsPerPerson * prices.dynamoDbMillionReads),
    },
    { service: "DynamoDB", what: `warming the table, once`, dollars: warmed * prices.warmWriteUnit },
    {
      service: "SQS",
      what: "packs sent, received and deleted",
      dollars: ((people / fullPack) * sqsRequestsPerMessage * prices.sqsMillionRequests) / million,
    },
    {
      service: "CloudFront",
      what: `${requestsPerPerson} requests for each person, and those that were asked to come back`,
      dollars: ((people * requestsPerPerson + outcome.shedRequests) / 10_000) * prices.cloudFrontTenThousandRequests,
    },
    {
      service: "Network",
      what: "balancer and NAT gateway",
      dollars: (prices.loadBalancerHour + prices.natGatewayHour) * hours,
    },
  ];
}

/** @returns dollars for each day on which the stack stands there and nobody comes */
export function dailyDollars(
  webInstances: number,
  workerInstances: number,
  web: InstanceType,
  worker: InstanceType,
): number {
  const instances = webInstances * prices.instanceHour[web] + workerInstances * prices.instanceHour[worker];
  return 24 * (instances + prices.loadBalancerHour + prices.natGatewayHour);
}
