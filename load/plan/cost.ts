/** Estimates what a planned rush costs, by service, from list prices: good for the order of magnitude. */
import { prices, type InstanceType } from "./prices.ts";
import type { Settings } from "./planner.ts";
import { fullPack } from "./instance-rates.ts";
import type { Outcome } from "./simulation.ts";
import { newTableWritesPerSecond } from "./table-throughput.ts";

export interface CostLine {
  readonly service: string;
  /** What is paid for. */
  readonly what: string;
  readonly dollars: number;
}

export interface CostOptions {
  readonly settings: Settings;
  readonly outcome: Outcome;
  readonly webType: InstanceType;
  readonly workerType: InstanceType;
  /** How long both tiers have more instances: before, during and after the rush. */
  readonly raisedSeconds: number;
}

/** The page, two assets, the post, and three reads of the status. */
const requestsPerPerson = 7;
/** A send, and a tenth of a receive and of a delete; empty long polls are not counted. */
const sqsRequestsPerMessage = 1.2;
/** Two half units for each read of the status. */
const readUnitsPerPerson = 3;

/** @returns the cost of the rush itself, one line for each service; see `dailyDollars` for the cost between rushes */
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
      what: `${requestsPerPerson} requests for each person, and shed ones`,
      dollars: ((people * requestsPerPerson + outcome.shedRequests) / 10_000) * prices.cloudFrontTenThousandRequests,
    },
    {
      service: "Network",
      what: "balancer and NAT gateway",
      dollars: (prices.loadBalancerHour + prices.natGatewayHour) * hours,
    },
  ];
}

/** @returns dollars a day for an idle stack */
export function dailyDollars(
  webInstances: number,
  workerInstances: number,
  web: InstanceType,
  worker: InstanceType,
): number {
  const instances = webInstances * prices.instanceHour[web] + workerInstances * prices.instanceHour[worker];
  return 24 * (instances + prices.loadBalancerHour + prices.natGatewayHour);
}
