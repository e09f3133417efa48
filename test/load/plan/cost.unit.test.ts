import { t } from "../../equipment/file-test.ts";
import { costOf, dailyDollars } from "../../../load/plan/cost.ts";
import { priceLists, prices } from "../../../load/plan/prices.ts";
import type { Usage } from "../../../load/plan/usage.ts";

/** A million people in an hour, in round numbers. */
const usage: Usage = {
  registrations: 1_000_000,
  hours: 1,
  web: { instances: 10, type: "c7g.large" },
  worker: { instances: 4, type: "c7g.medium" },
  edgeRequests: 20_000_000,
  edgeBytes: 40_000_000_000,
  functionRuns: 1_000_000,
  originRequests: 1_800_000,
  originBytes: 2_000_000_000,
  pollsPerPerson: 1,
  registrationsPerMessage: 2,
  sqsRequests: 1_500_000,
  natBytes: 4_000_000_000,
  writeUnits: 3_000_000,
  readUnits: 6_000_000,
  warmedUnits: 12_000,
  storedBytes: 400_000_000,
  metrics: 100,
  metricCalls: 1_000,
  mails: 1_000_000,
  attachmentBytes: 1_500_000_000,
  firewallRules: 4,
};

/** By hand, from the price lists of us-east-1 on 2026-11-23. */
const byHand: [service: string, dollars: number][] = [
  ["EC2", 0.725],
  ["EC2", 0.1452],
  // 20 capacity units for their connections, 2 for their bytes.
  ["Load balancer", 0.0225 + 0.16],
  ["NAT gateway", 0.045 + 0.005 + 0.18],
  ["CloudFront", 20 + 0.1],
  ["CloudFront", 3.4],
  ["SQS", 0.6],
  ["DynamoDB", 1.875 + 0.75],
  ["DynamoDB", 7.8],
  ["DynamoDB", 0.1 + 0.08],
  // A month is (100 × 0.30 + 15 × 0.10 + 3) = 34.50 dollars and has 730 hours.
  ["CloudWatch", 34.5 / 730 + 0.01],
  ["SES", 100 + 0.18],
  ["WAF", 9 / 730 + 12],
];

const sum = (values: readonly { dollars: number }[]) => values.reduce((total, { dollars }) => total + dollars, 0);
const tenths = (dollars: number) => dollars.toFixed(6);

t.test("each service costs what a hand reckons from the price list", async (t) => {
  const lines = costOf(usage);
  t.same(
    lines.map(({ service, dollars }) => [service, tenths(dollars)]),
    byHand.map(([service, dollars]) => [service, tenths(dollars)]),
  );
  t.ok(lines.every(({ service }) => priceLists[service].startsWith("https://aws.amazon.com/")));
});

t.test("a wrong price changes the sum, whichever it is", async (t) => {
  const right = sum(costOf(usage));
  const { asOf: _asOf, region: _region, instanceHour, ...flat } = prices;
  for (const [name, price] of Object.entries(flat)) {
    t.not(sum(costOf(usage, { ...prices, [name]: price * 2 })), right, name);
  }
  for (const type of ["c7g.large", "c7g.medium"] as const) {
    t.not(sum(costOf(usage, { ...prices, instanceHour: { ...instanceHour, [type]: 1 } })), right, type);
  }
});

t.test("without mail and firewall neither is in the list", async (t) => {
  const services = costOf({ ...usage, mails: 0, attachmentBytes: 0, firewallRules: 0 }).map(({ service }) => service);
  t.same(
    services.filter((service) => service === "SES" || service === "WAF"),
    [],
  );
});

t.test("a day on which nobody comes costs what is charged by the hour", async (t) => {
  const idle = {
    web: { instances: 2, type: "c7g.medium" },
    worker: { instances: 1, type: "t4g.small" },
    firewallRules: 0,
  } as const;
  const hourly = 2 * 0.0363 + 0.0168 + 0.0225 + 0.045 + 0.005;
  // 13 metrics of the tiers and 7 of each instance.
  const monthly = (13 + 21) * 0.3 + 1.5 + 3;
  t.equal(tenths(dailyDollars(idle)), tenths(24 * (hourly + monthly / 730)));
  t.equal(tenths(dailyDollars({ ...idle, firewallRules: 4 })), tenths(24 * (hourly + (monthly + 9) / 730)));
});
