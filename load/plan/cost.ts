/** Estimates what a planned rush costs, by service, from list prices: good for the order of magnitude. */
import { prices as listPrices, type Prices, type Service } from "./prices.ts";
import { metricsOf, standing, type Usage } from "./usage.ts";

export interface CostLine {
  readonly service: Service;
  /** What is paid for. */
  readonly what: string;
  readonly dollars: number;
}

/** What is charged by the hour while nothing happens. */
export type Standing = Pick<Usage, "web" | "worker" | "firewallRules">;

const million = 1_000_000;
const gigabyte = 1_000_000_000;
/** As AWS charges a month by the hour. */
const hoursPerMonth = 730;
/** Of each a capacity unit has in an hour: new connections at 25 a second, and bytes. */
const connectionsPerUnitHour = 90_000;
const bytesPerUnitHour = gigabyte;

const count = (value: number) => Math.round(value).toLocaleString("en");
const size = (bytes: number) => `${(bytes / gigabyte).toFixed(bytes < 10 * gigabyte ? 2 : 0)} GB`;

/**
 * @param prices to reckon with. Default: those of `prices.ts`
 * @returns the cost of the rush itself, and of keeping what it stored for a month; see `dailyDollars` for the cost between rushes
 */
export function costOf(usage: Usage, prices: Prices = listPrices): CostLine[] {
  const { hours, web, worker } = usage;
  const months = hours / hoursPerMonth;
  const tier = (name: string, { instances, type }: Usage["web"]): CostLine => ({
    service: "EC2",
    what: `${name}: ${instances} ${type} for ${hours.toFixed(1)} h`,
    dollars: instances * prices.instanceHour[type] * hours,
  });
  // As if CloudFront made a connection for each request: at most, since it keeps them.
  const capacityUnitHours = Math.max(
    usage.originRequests / connectionsPerUnitHour,
    usage.originBytes / bytesPerUnitHour,
  );
  return [
    tier("web", web),
    tier("worker", worker),
    {
      service: "Load balancer",
      what: `${hours.toFixed(1)} h, and ${count(usage.originRequests)} requests`,
      dollars: prices.loadBalancerHour * hours + prices.capacityUnitHour * capacityUnitHours,
    },
    {
      service: "NAT gateway",
      what: `${hours.toFixed(1)} h, and ${size(usage.natBytes)} to and from AWS`,
      dollars: (prices.natGatewayHour + prices.addressHour) * hours + (usage.natBytes / gigabyte) * prices.natGigabyte,
    },
    {
      service: "CloudFront",
      what: `${count(usage.edgeRequests)} requests for the page, its files and the status`,
      dollars:
        (usage.edgeRequests / 10_000) * prices.cloudFrontTenThousandRequests +
        (usage.functionRuns / million) * prices.cloudFrontMillionFunctionRuns,
    },
    {
      service: "CloudFront",
      what: `${size(usage.edgeBytes)} to attendees`,
      dollars: (usage.edgeBytes / gigabyte) * prices.cloudFrontGigabyte,
    },
    {
      service: "SQS",
      what: `${count(usage.sqsRequests)} requests, ${usage.registrationsPerMessage.toFixed(1)} registrations to a message`,
      dollars: (usage.sqsRequests / million) * prices.sqsMillionRequests,
    },
    {
      service: "DynamoDB",
      what: `${count(usage.writeUnits)} write and ${count(usage.readUnits)} read units`,
      dollars:
        (usage.writeUnits / million) * prices.dynamoDbMillionWrites +
        (usage.readUnits / million) * prices.dynamoDbMillionReads,
    },
    {
      service: "DynamoDB",
      what: "warming two tables, once",
      dollars: usage.warmedUnits * prices.warmWriteUnit,
    },
    {
      service: "DynamoDB",
      what: `${size(usage.storedBytes)} and its backups, kept for a month`,
      dollars: (usage.storedBytes / gigabyte) * (prices.dynamoDbGigabyteMonth + prices.dynamoDbBackupGigabyteMonth),
    },
    {
      service: "CloudWatch",
      what: `metrics and alarms for ${hours.toFixed(1)} h`,
      dollars: watching(usage.metrics, prices) * months + (usage.metricCalls / 1_000) * prices.thousandMetricCalls,
    },
    ...(usage.mails === 0
      ? []
      : [
          {
            service: "SES",
            what: `${count(usage.mails)} mails, each with a calendar file`,
            dollars:
              (usage.mails / 1_000) * prices.thousandMails +
              (usage.attachmentBytes / gigabyte) * prices.mailAttachmentGigabyte,
          } as const,
        ]),
    ...(usage.firewallRules === 0
      ? []
      : [
          {
            service: "WAF",
            what: `${usage.firewallRules} rules for ${hours.toFixed(1)} h, and ${count(usage.edgeRequests)} requests`,
            dollars:
              guarding(usage.firewallRules, prices) * months +
              (usage.edgeRequests / million) * prices.firewallMillionRequests,
          } as const,
        ]),
  ];
}

/** @returns dollars for a month of metrics, alarms and the dashboard */
function watching(metrics: number, prices: Prices): number {
  return metrics * prices.metricMonth + standing.alarms * prices.alarmMonth + prices.dashboardMonth;
}

/** @returns dollars for a month of the firewall, without requests */
function guarding(rules: number, prices: Prices): number {
  return rules === 0 ? 0 : prices.firewallMonth + rules * prices.firewallRuleMonth;
}

/** @returns dollars a day for a deployment that nobody uses, with so many instances */
export function dailyDollars({ web, worker, firewallRules }: Standing, prices: Prices = listPrices): number {
  const hourly =
    web.instances * prices.instanceHour[web.type] +
    worker.instances * prices.instanceHour[worker.type] +
    prices.loadBalancerHour +
    prices.natGatewayHour +
    prices.addressHour;
  const monthly = watching(metricsOf(web.instances + worker.instances), prices) + guarding(firewallRules, prices);
  return 24 * (hourly + monthly / hoursPerMonth);
}
