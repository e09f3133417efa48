/**
 * A stress run: step after step through the front door, then the drain, the audit and how long storing took. How it is
 * asked for stands in `commands/stress.ts`, how it is shown in `stress-report.ts`.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { TurnoutError, type ErrorCode } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { createKeyIndex } from "../../admin/audit/key-index.ts";
import type { Ledger } from "../../admin/audit/ledger.ts";
import type { Deployment } from "../people/deployment.ts";
import { createFrontDoor } from "../people/front-door.ts";
import { createLatencies, type Latencies } from "../people/latencies.ts";
import { ledgerLineOf } from "../people/ledger-line.ts";
import type { LoadItem } from "../people/load-item.ts";
import { createPeople } from "../people/people.ts";
import type { Attempt } from "../people/sender.ts";
import { settleLoad, type Settlement } from "../people/settlement.ts";
import { readStoredDelays } from "../people/stored-delays.ts";
import { readQueueCounts } from "../../shared/aws/queue-counts.ts";
import { runStep, type StepRun } from "./open-load.ts";
import { drawArrivals } from "./steps.ts";
import type { StressReport, StressSeries, StressStep } from "./stress-report.ts";
import { isLoopback } from "./target.ts";
import { conclude, judgeStep } from "./verdict.ts";

export interface StressOptions {
  readonly deployment: Deployment;
  readonly event: EventDefinition;
  /** People each second, one number for each step. */
  readonly rates: readonly number[];
  readonly secondsPerStep: number;
  readonly seed: number;
  /** Requests on their way at once. */
  readonly maxConnections: number;
  /** Takes a line for each attempt when its step is over; closed by this run. */
  readonly ledger: Ledger;
  readonly ledgerPath: string;
  /** How long the drain may stand still before it is given up. */
  readonly stallSeconds: number;
  /** Aborted: nothing more is sent, and what was measured is returned without an audit. */
  readonly signal: AbortSignal;
  /** 0 to 1, for the moments. Default: Math.random. */
  readonly random?: () => number;
  onProgress(progress: StressProgress): void;
  onStepDone(step: StressStep): void;
}

export type StressProgress =
  | { readonly doing: "making people up"; readonly done: number; readonly total: number }
  | { readonly doing: "sending"; readonly ratePerSecond: number; readonly done: number; readonly total: number }
  | { readonly doing: "draining" | "auditing"; readonly done: number };

export interface StressFindings {
  readonly report: StressReport;
  readonly series: StressSeries;
}

/** With these every further request would be refused as well. */
const closedDoors: ReadonlySet<string> = new Set(["TURNOUT_NOT_OPEN_YET", "TURNOUT_CLOSED"] satisfies ErrorCode[]);
/** So many are made up before others get a turn. */
const peopleAtOnce = 500;

const tenths = (value: number) => Math.round(value * 10) / 10;
const orNull = (value: number | undefined) => (value === undefined ? null : tenths(value));

function quantilesOf(latencies: Latencies) {
  const at = (share: number) => orNull(latencies.quantile(share));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** @returns a quantile for each second; one of which nothing is known is drawn like the one before it */
function quantilesBySecond(seconds: readonly (readonly number[])[], share: number): number[] {
  let last = 0;
  return seconds.map((values) => {
    const sorted = values.toSorted((a, b) => a - b);
    last = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? last;
    return last;
  });
}

interface MutableSeries {
  messages: number[];
  stepStarts: number[];
  seconds: StepRun["seconds"][number][];
  storedAfter: number[][];
}

/**
 * @returns the findings; of a run that was stopped, those up to then
 * @throws TURNOUT_NOT_OPEN_YET, TURNOUT_CLOSED; the SDK's error when AWS does not answer
 */
export async function runStress(options: StressOptions): Promise<StressFindings> {
  const { deployment, event, rates, secondsPerStep, seed, ledger, signal, onProgress, onStepDone } = options;
  const { connection } = deployment;
  const frontDoor = createFrontDoor({ url: deployment.webUrl, maxConnections: options.maxConnections });
  const people = createPeople({ seed, event });
  const closed = new AbortController();
  const stop = AbortSignal.any([signal, closed.signal]);
  const acceptedIds = createKeyIndex();
  /** By the number of the accepted id: the step, and the second of the whole run. */
  const stepOf: number[] = [];
  const secondOf: number[] = [];
  const steps: StressStep[] = [];
  const storedAfter: Latencies[] = [];
  const series: MutableSeries = { messages: [], stepStarts: [], seconds: [], storedAfter: [] };

  async function makePeople(total: number): Promise<LoadItem[]> {
    const items: LoadItem[] = [];
    while (items.length < total && !stop.aborted) {
      for (let made = 0; made < peopleAtOnce && items.length < total; made += 1) {
        const number = items.length.toString(36);
        const idempotencyKey = `stress-${seed.toString(36)}-${steps.length}-${number}`;
        items.push({ submission: people.next(), idempotencyKey, kind: "first registration" });
      }
      onProgress({ doing: "making people up", done: items.length, total });
      await nextTurn();
    }
    return items;
  }

  function watchDoor({ reply }: Attempt): void {
    if (reply.code !== undefined && closedDoors.has(reply.code)) {
      closed.abort(new TurnoutError(reply.code as ErrorCode, reply.detail ?? "Registration is not open."));
    }
  }

  /** Beside the load, and not awaited by it; what does not come in time is drawn as what it was before. */
  function lookAtQueue(second: number): void {
    series.messages[second] = series.messages[second - 1] ?? 0;
    readQueueCounts(connection.sqs, connection.queueUrl).then(
      ({ waiting, inFlight, delayed }) => {
        series.messages[second] = waiting + inFlight + delayed;
      },
      () => {},
    );
  }

  /** After the step, so that it takes nothing from the generator. */
  function writeDown({ attempts, attemptSeconds }: StepRun, step: number, firstSecond: number): void {
    for (const [index, attempt] of attempts.entries()) {
      const line = ledgerLineOf(attempt, event);
      if (line === undefined) continue;
      ledger.record(line);
      if (line.outcome !== "accepted") continue;
      const number = acceptedIds.add(line.id);
      stepOf[number] = step;
      secondOf[number] = firstSecond + (attemptSeconds[index] ?? 0);
    }
  }

  function sumUpStep(run: StepRun, ratePerSecond: number): StressStep {
    const sum = (kind: "offered" | "accepted" | "shed" | "refused" | "failed") =>
      run.seconds.reduce((total, second) => total + second[kind], 0);
    const accepted = sum("accepted");
    const acceptMs = quantilesOf(run.waits);
    const figures = {
      offered: sum("offered"),
      accepted,
      shed: sum("shed"),
      refused: sum("refused"),
      failed: sum("failed"),
      unsent: run.unsent,
    };
    const generator = {
      utilization: Math.round(run.utilization * 1_000) / 1_000,
      lagP99Ms: tenths(run.lags.quantile(0.99) ?? 0),
      lagMaxMs: tenths(run.lags.quantile(1) ?? 0),
    };
    const { limit, because } = judgeStep({ ...figures, ...generator, acceptP99Ms: acceptMs.p99 });
    return {
      ratePerSecond,
      seconds: tenths(run.elapsedSeconds),
      ...figures,
      shedWithoutRetryAfter: run.shedWithoutRetryAfter,
      because: { ...run.because },
      acceptedPerSecond: run.elapsedSeconds > 0 ? tenths(accepted / run.elapsedSeconds) : 0,
      acceptMs,
      storedAfterMs: { p50: null, p95: null, p99: null, max: null },
      generator,
      limit,
      limitBecause: [...because],
    };
  }

  async function takeStep(ratePerSecond: number): Promise<void> {
    const moments = drawArrivals(ratePerSecond, secondsPerStep, options.random ?? Math.random);
    const items = await makePeople(moments.length);
    if (stop.aborted) return;
    const firstSecond = series.seconds.length;
    let second = firstSecond;
    const run = await runStep({
      frontDoor,
      moments,
      items,
      seconds: secondsPerStep,
      maxInFlight: options.maxConnections,
      signal: stop,
      onSecond(_, done) {
        lookAtQueue(second);
        second += 1;
        onProgress({ doing: "sending", ratePerSecond, done, total: moments.length });
      },
      onAttempt: watchDoor,
    });
    writeDown(run, steps.length, firstSecond);
    series.stepStarts.push(firstSecond);
    series.seconds.push(...run.seconds);
    const step = sumUpStep(run, ratePerSecond);
    steps.push(step);
    storedAfter.push(createLatencies());
    onStepDone(step);
  }

  async function settle(): Promise<Settlement> {
    const settled = await settleLoad({
      connection,
      ledgerPath: options.ledgerPath,
      stallSeconds: options.stallSeconds,
      othersAllowed: !deployment.own,
      signal,
      onProgress: (doing, done) => onProgress({ doing, done }),
    });
    await readStoredDelays({
      documents: connection.documents,
      tableName: connection.registrationsTable,
      ids: acceptedIds,
      signal,
      onDelay(milliseconds, number) {
        storedAfter[stepOf[number] ?? -1]?.add(milliseconds);
        (series.storedAfter[secondOf[number] ?? 0] ??= []).push(milliseconds);
      },
    });
    return settled;
  }

  async function sendSteps(): Promise<void> {
    try {
      for (const ratePerSecond of rates) {
        if (stop.aborted) return;
        await takeStep(ratePerSecond);
      }
    } finally {
      frontDoor.close();
      ledger.close();
    }
  }

  await sendSteps();
  closed.signal.throwIfAborted();
  let settled: Settlement | undefined;
  if (!signal.aborted) {
    settled = await settle().catch((error: unknown) => {
      // Stopped while it drained or was audited: what was measured is still worth telling.
      if (signal.aborted) return undefined;
      throw error;
    });
  }

  const judged = steps.map((step, index) => ({
    ...step,
    ...(settled !== undefined && { storedAfterMs: quantilesOf(storedAfter[index] ?? createLatencies()) }),
  }));
  const { sustainedPerSecond, conclusion } = conclude(judged.map((step) => ({ ...step, because: step.limitBecause })));
  return {
    report: {
      passed: settled?.judged.passed ?? false,
      interrupted: signal.aborted,
      target: deployment.webUrl,
      at: new Date().toISOString(),
      seed,
      sharedMachine: isLoopback(deployment.webUrl),
      steps: judged,
      sustainedPerSecond,
      conclusion,
      drainSeconds: settled === undefined ? null : tenths(settled.drainSeconds),
      audit: settled?.judged ?? null,
      ledger: options.ledgerPath,
      page: null,
      picture: null,
    },
    series: toSeries(series, settled !== undefined),
  };
}

function toSeries({ seconds, messages, stepStarts, storedAfter }: MutableSeries, withStored: boolean): StressSeries {
  const waits = seconds.map((second) => second.waits);
  const delays = withStored ? seconds.map((_, second) => storedAfter[second] ?? []) : [];
  return {
    offered: seconds.map(({ offered }) => offered),
    accepted: seconds.map(({ accepted }) => accepted),
    shed: seconds.map(({ shed }) => shed),
    failed: seconds.map(({ refused, failed }) => refused + failed),
    acceptP50Ms: quantilesBySecond(waits, 0.5),
    acceptP99Ms: quantilesBySecond(waits, 0.99),
    storedAfterP50Ms: quantilesBySecond(delays, 0.5),
    storedAfterMaxMs: quantilesBySecond(delays, 1),
    messages: seconds.map((_, second) => messages[second] ?? 0),
    generatorPercent: seconds.map(({ utilization }) => Math.round(utilization * 100)),
    stepStarts,
  };
}
