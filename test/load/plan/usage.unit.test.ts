import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TObject } from "typebox";
import { t } from "../../equipment/file-test.ts";
import {
  pollsUntil,
  measured,
  messagesOf,
  presets,
  settlingSeconds,
  standing,
  usageOf,
  type UsageOptions,
} from "../../../load/plan/usage.ts";
import type { Outcome } from "../../../load/plan/simulation.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { publishedFigures } from "../../../shared/aws/cloudwatch-publisher.ts";
import { WebConfig } from "../../../web/config.ts";
import { settlingMs } from "../../../web/status/registration-status.ts";
import { testTime } from "../../equipment/web-app.ts";
import { WorkerConfig } from "../../../worker/config.ts";
import { measurePerson } from "./measured-person.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8")) as Record<string, unknown>;

t.test("what one person uses is what the product still does, for the event file of this repository", async (t) => {
  const event = parseEvent({
    ...read("event.json"),
    opensAt: "2026-01-01T00:00:00Z",
    closesAt: "2027-01-01T00:00:00Z",
  });
  const now = await measurePerson(event, 200);
  t.ok(now.everyFileFound, "control: all files of the page were fetched");
  t.equal(now.pageRequests, measured.pageRequests, "requests for the page and its files");
  t.ok(Math.max(...now.items) <= 1_024, "every item is one write unit");
  for (const name of [
    "pageBytes",
    "acceptedBytes",
    "statusBytes",
    "packedBytes",
    "itemBytes",
    "attachmentBytes",
  ] as const) {
    const ratio = measured[name] / now[name];
    t.ok(ratio > 0.85 && ratio < 1.15, `${name}: ${measured[name]} reckoned, ${Math.round(now[name])} measured`);
  }
});

t.test("the tiers have the presets that are reckoned with", async (t) => {
  t.equal(publishedFigures.length, standing.publishedMetrics);
  const presetOf = ({ properties }: TObject, name: string) => (properties[name] as { default?: unknown }).default;
  t.equal(presetOf(WebConfig, "SENDS_IN_FLIGHT"), presets.sendsInFlight);
  t.equal(presetOf(WorkerConfig, "POLLERS"), presets.pollers);
  t.equal(presetOf(WorkerConfig, "RECEIVE_WAIT_SECONDS"), presets.receiveWaitSeconds);
  for (const waited of [0, 1, 4, 60]) {
    const shownAfterMs = settlingMs("2026-03-01T10:00:00.000Z", new Date(testTime + waited * 1_000).toISOString());
    t.equal(settlingSeconds(waited) * 1_000, shownAfterMs, `after ${waited} s`);
  }
});

t.test("who waits longer polls more often, and at least once", async (t) => {
  t.equal(pollsUntil(0), 1, "the first poll comes after what takes settling");
  // At 1.25 s, then 1 + 10/4 = 3.5 s later and a quarter more: 5.6, 10, 14.4 and 18.8 s. It is shown from 15 s on.
  t.equal(pollsUntil(10), 5);
  t.ok(pollsUntil(600) < 60, "and never more than every ten seconds");
  t.ok(pollsUntil(600) > pollsUntil(60));
});

t.test("a message holds one registration until more come than an instance has sends for", async (t) => {
  t.equal(messagesOf(500, 1), 500);
  t.equal(messagesOf(8_000, 1), 800, "eight sends of 10 ms");
  t.equal(messagesOf(8_000, 2), 1_600);
  const { trials } = read("bench/results.json") as unknown as {
    trials: { variant: string; perSecond: number; meanPackSize?: number }[];
  };
  const web = trials.filter(({ variant }) => variant === "web/product");
  t.ok(web.length > 0, "control: the benchmark has rounds of the web tier");
  for (const { perSecond, meanPackSize = 0 } of web) {
    t.ok(perSecond / messagesOf(perSecond, 1) <= meanPackSize, "never fewer messages than the benchmark counted");
  }
});

/** 1,000 in the first second, all stored in the second one. */
const outcome = {
  accepted: 1_000,
  shedRequests: 100,
  series: { accepted: [1_000, 0], depth: [1_000, 0], stored: [0, 1_000], webInstances: [1, 1] },
} as unknown as Outcome;
const options: UsageOptions = {
  settings: { webInstances: 1, workerInstances: 1, warmWritesPerSecond: 5_000, leadSeconds: 900 },
  outcome,
  webType: "c7g.medium",
  workerType: "c7g.medium",
  raisedSeconds: 3_600,
  mail: false,
  firewall: false,
};

t.test("a rush of a thousand, by hand", async (t) => {
  // Waits of 1 s on average: a poll at 1.25 s, shown from 1.75 s on, and one 1.56 s later.
  t.match(usageOf(options), {
    hours: 1,
    pollsPerPerson: 2,
    originRequests: 1_000 + 100 + 2_000,
    edgeRequests: 20_000 + 3_100,
    functionRuns: 1_000,
    // 800 messages of three requests, and five polls of ten seconds for an hour.
    sqsRequests: 2_400 + 1_800,
    registrationsPerMessage: 1.25,
    writeUnits: 1_000,
    readUnits: 2_000 * 3,
    warmedUnits: 2_000,
    metricCalls: 120,
    mails: 0,
    firewallRules: 0,
  });
});

t.test("mails and the firewall are counted only where they are wanted", async (t) => {
  const more = usageOf({ ...options, mail: true, firewall: true });
  // The worker gathers for 40 ms: at most 50 messages in two seconds.
  t.match(more, { mails: 1_000, writeUnits: 3_000, readUnits: 9_000, sqsRequests: 4_200 + 150, firewallRules: 4 });
  t.ok(more.natBytes > usageOf(options).natBytes);
});

t.test("nobody costs nothing that people cost", async (t) => {
  const nobody = {
    accepted: 0,
    shedRequests: 0,
    series: { accepted: [0], depth: [0], stored: [0], webInstances: [1] },
  };
  const usage = usageOf({ ...options, outcome: nobody as unknown as Outcome });
  t.match(usage, { registrationsPerMessage: 0, edgeRequests: 0, writeUnits: 0, storedBytes: 0 });
});
