/** What a plan costs, as part of its JSON and as a table. */
import { Type, type Static } from "typebox";
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import type { CostLine } from "./cost.ts";
import { priceLists, prices } from "./prices.ts";
import type { Usage } from "./usage.ts";

export const CostReport = Type.Object(
  {
    asOf: Type.String({ description: "date of the prices" }),
    region: Type.String({ description: "of the prices" }),
    dollars: Type.Number({ description: "of this rush: the lines' sum" }),
    dollarsPerMillion: Type.Number({ description: "the same for a million registrations" }),
    idleDollarsPerDay: Type.Number({ description: "of a deployment with the least instances and nobody" }),
    usage: Type.Object({
      edgeRequests: Type.Integer({ description: "CloudFront: page, its files, registrations and status" }),
      edgeBytes: Type.Integer(),
      originRequests: Type.Integer({ description: "those of them that reach the load balancer" }),
      pollsPerPerson: Type.Integer({ description: "of the status, until it is confirmed" }),
      registrationsPerMessage: Type.Number(),
      sqsRequests: Type.Integer(),
      natBytes: Type.Integer(),
      writeUnits: Type.Integer(),
      readUnits: Type.Integer(),
      warmedUnits: Type.Integer(),
      storedBytes: Type.Integer(),
      mails: Type.Integer(),
    }),
    lines: Type.Array(
      Type.Object({
        service: Type.String(),
        what: Type.String(),
        dollars: Type.Number(),
        dollarsPerMillion: Type.Number(),
        prices: Type.String({ description: "where AWS lists the service's prices" }),
      }),
    ),
  },
  { description: "an estimate in US dollars from list prices, without tax, discounts and free tier" },
);

export type CostReport = Static<typeof CostReport>;

export interface CostFindings {
  readonly usage: Usage;
  readonly cost: readonly CostLine[];
  /** Of a deployment with the least instances and nobody. */
  readonly idleDollarsPerDay: number;
}

const dollarsOf = (lines: readonly CostLine[]) => lines.reduce((sum, { dollars }) => sum + dollars, 0);
const cents = (dollars: number) => Math.round(dollars * 100) / 100;
const money = (dollars: number) => `$${dollars.toFixed(2)}`;

/** @returns what so much is for a million registrations */
const perMillion = (dollars: number, { registrations }: Usage) =>
  registrations === 0 ? 0 : (dollars / registrations) * 1_000_000;

export function costReport({ cost, usage, idleDollarsPerDay }: CostFindings): CostReport {
  const dollars = dollarsOf(cost);
  return {
    asOf: prices.asOf,
    region: prices.region,
    dollars: cents(dollars),
    dollarsPerMillion: cents(perMillion(dollars, usage)),
    idleDollarsPerDay: cents(idleDollarsPerDay),
    usage: {
      edgeRequests: Math.round(usage.edgeRequests),
      edgeBytes: Math.round(usage.edgeBytes),
      originRequests: Math.round(usage.originRequests),
      pollsPerPerson: usage.pollsPerPerson,
      registrationsPerMessage: Math.round(usage.registrationsPerMessage * 10) / 10,
      sqsRequests: Math.round(usage.sqsRequests),
      natBytes: Math.round(usage.natBytes),
      writeUnits: Math.round(usage.writeUnits),
      readUnits: Math.round(usage.readUnits),
      warmedUnits: usage.warmedUnits,
      storedBytes: Math.round(usage.storedBytes),
      mails: Math.round(usage.mails),
    },
    lines: cost.map((line) => ({
      ...line,
      dollars: cents(line.dollars),
      dollarsPerMillion: cents(perMillion(line.dollars, usage)),
      prices: priceLists[line.service],
    })),
  };
}

export const costHead = ["service", "for", "this rush", "a million registrations"];

export function costRows({ cost, usage }: CostFindings): string[][] {
  const row = (service: string, what: string, dollars: number) => [
    service,
    what,
    money(dollars),
    money(perMillion(dollars, usage)),
  ];
  return [...cost.map(({ service, what, dollars }) => row(service, what, dollars)), row("Sum", "", dollarsOf(cost))];
}

/** @returns what to know of the table */
export function costSentences({ cost, idleDollarsPerDay }: CostFindings): string[] {
  const { web, worker } = scalingPolicy;
  return [
    `An estimate from list prices of ${prices.region} as of ${prices.asOf}, without tax, discounts and free tier. At another time the deployment, with ${web.minInstances} web and ${worker.minInstances} worker, costs ${money(idleDollarsPerDay)} a day.`,
    `Prices: ${[...new Set(cost.map(({ service }) => priceLists[service]))].join(" ")}`,
  ];
}
