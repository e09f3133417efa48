/**
 * More than can be taken. Two things can be too small: the queue, which is made slow here, so that the multiples of its
 * pace are within the generator's reach; and the process itself, which is asked by more and more clients at once, each
 * with its next request as soon as it has an answer, ignoring `Retry-After`.
 *
 * Goodput is what was accepted each second. It must not fall because more was asked for, and must be back soon after.
 */
import type { Laboratory, Subject } from "../laboratory.ts";
import type { Second } from "../load/arrivals.ts";
import { maxPackRegistrations } from "../../shared/registration/registration-pack.ts";
import { usualLatencies } from "../laboratory.ts";
import { variantNamed } from "../variants.ts";

export interface OverloadStep {
  readonly limit: "queue" | "process";
  /** Of saturation. */
  readonly multiple: number;
  readonly offeredPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly shedPerSecond: number;
  readonly shedWithoutRetryAfter: number;
  readonly failed: number;
  /** Of those accepted, milliseconds. */
  readonly p99Ms: number;
  /** Accepted, compared with the best step. */
  readonly ofPeak: number;
}

export interface OverloadResult {
  readonly steps: readonly OverloadStep[];
  /** From the end of the worst step until everybody is accepted again: whole seconds, as long as was watched if never. */
  readonly recoverySeconds: number;
}

/** With the tier's four sends at once, full packs: 1,000 registrations a second. */
const slowQueue = { sendMs: 1_000, otherMs: 5 };
const sendsInFlight = 4;
const queuePace = (sendsInFlight * maxPackRegistrations * 1_000) / slowQueue.sendMs;
const multiples = [1, 2, 5, 10];
const maxConnections = 12_000;

export interface OverloadLengths {
  /** Of each step, while the line fills: not counted. */
  readonly settleSeconds: number;
  /** Of each step. */
  readonly countedSeconds: number;
  /** After the last step, until everybody is accepted again. */
  readonly watchSeconds: number;
  /** Clients that are enough to keep one process busy. */
  readonly saturatingClients: number;
  /** How often the process is asked by all multiples in turn: each has the run in the middle, and the failures of all. */
  readonly cycles: number;
}

type Unranked = Omit<OverloadStep, "ofPeak">;

export async function runOverload(laboratory: Laboratory, lengths: OverloadLengths): Promise<OverloadResult> {
  const { script, nodeFlags } = variantNamed("web/product");
  const start = (): Subject =>
    laboratory.start({
      name: "web tier in overload",
      script,
      nodeFlags,
      env: { SENDS_IN_FLIGHT: String(sendsInFlight) },
    });
  const { steps: queueSteps, recoverySeconds } = await overloadQueue(laboratory, start, lengths);
  const processSteps = await overloadProcess(laboratory, start, lengths);
  return { steps: [...ranked(queueSteps), ...ranked(processSteps)], recoverySeconds };
}

function ranked(steps: readonly Unranked[]): OverloadStep[] {
  const peak = Math.max(...steps.map((step) => step.acceptedPerSecond));
  return steps.map((step) => ({ ...step, ofPeak: step.acceptedPerSecond / peak }));
}

function sum(rows: readonly Second[], of: (row: Second) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}

async function overloadQueue(laboratory: Laboratory, start: () => Subject, lengths: OverloadLengths) {
  const { aws, load } = laboratory;
  const { settleSeconds, countedSeconds: seconds, watchSeconds } = lengths;
  const subject = start();
  const steps: Unranked[] = [];
  let firstPerson = 0;
  try {
    const url = await subject.url();
    await load.post({ url, ratePerSecond: 300, seconds: 3, firstPerson, maxConnections });
    await aws.latencies(slowQueue);
    for (const multiple of multiples) {
      firstPerson += 1_000_000;
      const ratePerSecond = queuePace * multiple;
      const result = await load.post({
        url,
        ratePerSecond,
        seconds: settleSeconds + seconds,
        firstPerson,
        maxConnections,
      });
      const counted = result.seconds.slice(settleSeconds);
      steps.push({
        limit: "queue",
        multiple,
        offeredPerSecond: sum(counted, (row) => row.offered - row.unsent) / seconds,
        acceptedPerSecond: sum(counted, (row) => row.accepted) / seconds,
        shedPerSecond: sum(counted, (row) => row.shed) / seconds,
        shedWithoutRetryAfter: sum(counted, (row) => row.shedWithoutRetryAfter),
        failed: sum(counted, (row) => row.failed),
        p99Ms: Math.max(...counted.map((row) => row.p99)),
      });
    }
    firstPerson += 1_000_000;
    const after = await load.post({
      url,
      ratePerSecond: queuePace / 2,
      seconds: watchSeconds,
      firstPerson,
      maxConnections,
    });
    const rejecting = after.seconds.findLastIndex((row) => row.shed + row.failed > 0);
    return { steps, recoverySeconds: rejecting + 1 };
  } finally {
    await aws.latencies(usualLatencies);
    await subject.stop();
  }
}

async function overloadProcess(
  laboratory: Laboratory,
  start: () => Subject,
  { countedSeconds: seconds, saturatingClients, cycles }: OverloadLengths,
): Promise<Unranked[]> {
  const { load } = laboratory;
  const runs: Unranked[] = [];
  await laboratory.aws.clear();
  const subject = start();
  try {
    const url = `${await subject.url()}/registrations`;
    const order = { url, body: "submission" as const };
    let firstPerson = 0;
    let requests = 10 * saturatingClients * seconds;
    await load.saturate({ ...order, connections: saturatingClients, requests, firstPerson });
    for (const multiple of Array.from({ length: cycles }).flatMap(() => multiples)) {
      firstPerson += 1_000_000;
      const connections = saturatingClients * multiple;
      const result = await load.saturate({ ...order, connections, requests, firstPerson });
      runs.push({
        limit: "process",
        multiple,
        offeredPerSecond: result.answersPerSecond,
        acceptedPerSecond: result.accepted / result.seconds,
        shedPerSecond: result.refused / result.seconds,
        shedWithoutRetryAfter: 0,
        failed: result.errors,
        p99Ms: result.latency.p99,
      });
      // As many as took about so many seconds at the last step.
      requests = Math.max(saturatingClients * 10, Math.ceil((result.accepted / result.seconds) * seconds));
    }
    return multiples.flatMap((multiple) => middleOf(runs.filter((run) => run.multiple === multiple)));
  } finally {
    await subject.stop();
  }
}

/** @returns the run in the middle, with the failures of all */
function middleOf(runs: readonly Unranked[]): Unranked[] {
  const failed = runs.reduce((total, run) => total + run.failed, 0);
  const middle = Math.floor(runs.length / 2);
  const sorted = runs.toSorted((a, b) => a.acceptedPerSecond - b.acceptedPerSecond);
  return sorted.slice(middle, middle + 1).map((run) => ({ ...run, failed }));
}
