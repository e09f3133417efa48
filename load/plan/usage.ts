/**
 * What a planned rush uses of each service, from its simulation and from what was measured of one person. Prices are in
 * `cost.ts`. It counts what grows with people or takes a considerable part of the cost: not the activity table, the alarms
 * that AWS makes for scaling, traffic between zones, corrections, and people who only read the page.
 */
import { pollAfterSeconds, firstPollAfterSeconds } from "../../shared/registration/poll-pace.ts";
import type { Settings } from "./planner.ts";
import type { InstanceType } from "./prices.ts";
import type { Outcome } from "./simulation.ts";
import { newTableWritesPerSecond } from "./table-throughput.ts";

/**
 * One person, measured with the event file of this repository: `test/load/plan/usage.unit.test.ts` measures again and fails
 * when the product has moved away from these.
 */
export const measured = {
  /** The event page and all files that it names. */
  pageRequests: 20,
  /** Of these, compressed, with headers. */
  pageBytes: 27_700,
  /** Answer to an accepted registration, with headers. */
  acceptedBytes: 750,
  /** Answer to a poll of the status, with headers. */
  statusBytes: 330,
  /** Of a registration in a message. */
  packedBytes: 235,
  /** Of a registration in the table, by DynamoDB's rules for sizes, without what it adds. */
  itemBytes: 260,
  /** Attached to a mail: the calendar file. */
  attachmentBytes: 980,
} as const;

/** What the deployment has whatever comes; a test compares it with the template and the tiers. */
export const standing = {
  /** Of both tiers together, which have the stack as their only dimension. */
  publishedMetrics: 13,
  alarms: 15,
  firewallRules: 4,
  /** Registrations and outcomes: both are warmed. */
  warmedTables: 2,
} as const;

/** Of the tiers; a test compares them. */
export const presets = {
  /** `SENDS_IN_FLIGHT` of a web process. */
  sendsInFlight: 8,
  /** `POLLERS` of a worker; it has one more for the dead-letter queue. */
  pollers: 4,
  /** `RECEIVE_WAIT_SECONDS` of a worker. */
  receiveWaitSeconds: 10,
} as const;

/** Per instance, with monitoring by the minute (https://aws.amazon.com/cloudwatch/pricing/). */
const metricsPerInstance = 7;
/** DynamoDB's own part of each item (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html). */
const itemOverheadBytes = 100;
const writeUnitBytes = 1_024;
/** The item, the outcome and the dead letter; a missing one is charged as one unit too. */
const readUnitsPerPoll = 3;
/** Assumed: from a send to its answer. With as many under way as the web tier allows, this bounds the messages of an instance. */
const sendSeconds = 0.01;
/** A send, a receive, a delete: at most, since the last two are shared by up to ten messages. */
const requestsPerMessage = 3;
/** Assumed: headers and signature of a request to SQS, and its answer. */
const sqsFrameBytes = 1_200;
/** The item is written, and the address's turn before it; both are looked up with the registration. */
const mailWriteUnits = 2;
const mailReadUnits = 3;
/** Assumed: a request to SES for one of fifty mails, and its answer. */
const mailFrameBytes = 300;
/** How long the worker gathers requests for mails before it sends them on. */
const mailGatherSeconds = 0.04;
/** The page adds up to a half to what it is told. */
const meanSpread = 1.25;

export interface UsageOptions {
  readonly settings: Settings;
  readonly outcome: Outcome;
  readonly webType: InstanceType;
  readonly workerType: InstanceType;
  /** How long both tiers have more instances: before, during and after the rush. */
  readonly raisedSeconds: number;
  /** Whether a mail is sent to everybody who is confirmed. */
  readonly mail: boolean;
  /** Whether there is a firewall. */
  readonly firewall: boolean;
}

/** Counts and bytes of the whole rush. */
export interface Usage {
  readonly registrations: number;
  readonly hours: number;
  readonly web: { readonly instances: number; readonly type: InstanceType };
  readonly worker: { readonly instances: number; readonly type: InstanceType };
  readonly edgeRequests: number;
  readonly edgeBytes: number;
  /** Of the function at the edge, which sees the event page only. */
  readonly functionRuns: number;
  /** Requests that reach the load balancer. */
  readonly originRequests: number;
  readonly originBytes: number;
  readonly pollsPerPerson: number;
  readonly registrationsPerMessage: number;
  readonly sqsRequests: number;
  readonly natBytes: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Of warm throughput, above what a new table has, in all tables. */
  readonly warmedUnits: number;
  readonly storedBytes: number;
  readonly metrics: number;
  readonly metricCalls: number;
  readonly mails: number;
  readonly attachmentBytes: number;
  /** 0 where there is no firewall. */
  readonly firewallRules: number;
}

/** @returns metrics that are charged, with so many instances */
export function metricsOf(instances: number): number {
  return standing.publishedMetrics + instances * metricsPerInstance;
}

/** @returns how long after it was stored a registration that waited so long is shown as confirmed: `settlingMs` of the status reader */
export function settlingSeconds(waitSeconds: number): number {
  return Math.min(5, Math.max(0.75, waitSeconds / 2));
}

/** @returns polls of the status until a registration that waits so long is shown as confirmed */
export function pollsUntil(waitSeconds: number): number {
  const shownAt = waitSeconds + settlingSeconds(waitSeconds);
  let polls = 1;
  for (let at = firstPollAfterSeconds * meanSpread; at < shownAt; polls += 1) {
    at += pollAfterSeconds(at, waitSeconds, 0.5) * meanSpread;
  }
  return polls;
}

/** @returns messages of one second, at most: each takes what has come since a send was free */
export function messagesOf(accepted: number, webInstances: number): number {
  return Math.min(accepted, (webInstances * presets.sendsInFlight) / sendSeconds);
}

export function usageOf(options: UsageOptions): Usage {
  const { settings, outcome, webType, workerType, raisedSeconds, mail, firewall } = options;
  const { series, accepted: registrations, shedRequests } = outcome;
  const { webInstances, workerInstances, warmWritesPerSecond } = settings;
  const hours = raisedSeconds / 3_600;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

  // Little's law: everybody's waits together are the seconds that somebody stood on the queue.
  const pollsPerPerson = registrations === 0 ? 0 : pollsUntil(sum(series.depth) / registrations);
  const polls = registrations * pollsPerPerson;
  const originRequests = registrations + shedRequests + polls;
  const originBytes = (registrations + shedRequests) * measured.acceptedBytes + polls * measured.statusBytes;

  const messages = sum(
    series.accepted.map((accepted, second) => messagesOf(accepted, series.webInstances[second] ?? 1)),
  );
  const emptyReceives = (workerInstances * (presets.pollers + 1) * raisedSeconds) / presets.receiveWaitSeconds;
  const mails = mail ? registrations : 0;
  const mailMessages = mail ? Math.min(mails, (workerInstances * series.stored.length) / mailGatherSeconds) : 0;
  const sqsRequests = (messages + mailMessages) * requestsPerMessage + emptyReceives;

  const instances = webInstances + workerInstances;
  const packed = registrations * measured.packedBytes * 2;
  return {
    registrations,
    hours,
    web: { instances: webInstances, type: webType },
    worker: { instances: workerInstances, type: workerType },
    edgeRequests: registrations * measured.pageRequests + originRequests,
    edgeBytes: registrations * measured.pageBytes + originBytes,
    functionRuns: registrations,
    originRequests,
    originBytes,
    pollsPerPerson,
    registrationsPerMessage: messages === 0 ? 0 : registrations / messages,
    sqsRequests,
    natBytes: packed + sqsRequests * sqsFrameBytes + mails * (mailFrameBytes + measured.attachmentBytes / 50),
    writeUnits: registrations * Math.ceil(measured.itemBytes / writeUnitBytes) + mails * mailWriteUnits,
    readUnits: polls * readUnitsPerPoll + mails * mailReadUnits,
    warmedUnits: standing.warmedTables * Math.max(0, warmWritesPerSecond - newTableWritesPerSecond),
    storedBytes: registrations * (measured.itemBytes + itemOverheadBytes),
    metrics: metricsOf(instances),
    metricCalls: (instances * raisedSeconds) / 60,
    mails,
    attachmentBytes: mails * measured.attachmentBytes,
    firewallRules: firewall ? standing.firewallRules : 0,
  };
}
