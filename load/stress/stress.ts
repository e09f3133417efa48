/**
 * A stress run: an open load, step after step, then settled and audited. How it is asked for is in `command.ts`, how it is
 * shown in `stress-report.ts`.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { countMessages } from "../../shared/aws/queue-counts.ts";
import type { LoadItem } from "../people/load-item.ts";
import { createPeople } from "../people/people.ts";
import { createLatencies, tenths, type Latencies } from "../run/latencies.ts";
import { runLoad, type LoadEntrance, type LoadResult, type LoadSetup } from "../run/load-run.ts";
import { isLoopback } from "../run/loopback.ts";
import { runStep, type StepRun } from "../run/open-load.ts";
import { drawArrivals } from "./steps.ts";
import type { StressReport, StressSeries, StressStep } from "./stress-report.ts";
import { conclude, assessStep } from "./verdict.ts";

export interface StressOptions extends LoadSetup {
  /** Requests each second, one number for each step. */
  readonly rates: readonly number[];
  readonly secondsPerStep: number;
  readonly seed: number;
  /** Requests under way at once. */
  readonly maxConnections: number;
  onStepDone(step: StressStep): void;
}

export interface StressFindings {
  readonly report: StressReport;
  readonly series: StressSeries;
}

/** Others get a turn of the event loop after so many people were made up. */
const peopleAtOnce = 500;

const shares = { p50: 0.5, p95: 0.95, p99: 0.99, max: 1 };

/** @returns a quantile for each second; a second without values repeats the one before it */
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
 * @returns the findings; those made until then if the signal was given
 * @throws TURNOUT_NOT_OPEN_YET, TURNOUT_CLOSED; the SDK's error when AWS does not answer
 */
export async function runStress(options: StressOptions): Promise<StressFindings> {
  const { deployment, event, rates, secondsPerStep, seed, signal, onProgress, onStepDone } = options;
  const { connection } = deployment;
  const people = createPeople({ seed, event });
  /** By the number of the accepted registration: its step, and its second of the whole run. */
  const stepOf: number[] = [];
  const secondOf: number[] = [];
  const steps: StressStep[] = [];
  const storedAfter: Latencies[] = [];
  const storedBySecond = new Map<number, number>();
  const series: MutableSeries = { messages: [], stepStarts: [], seconds: [], storedAfter: [] };

  async function makePeople(total: number, stop: AbortSignal): Promise<LoadItem[]> {
    const items: LoadItem[] = [];
    while (items.length < total && !stop.aborted) {
      for (let made = 0; made < peopleAtOnce && items.length < total; made += 1) {
        const number = items.length.toString(36);
        const idempotencyKey = `stress-${seed.toString(36)}-${steps.length}-${number}`;
        items.push({ submission: people.next(), idempotencyKey, kind: "first registration", ...people.inLanguage() });
      }
      onProgress({ doing: "making people up", done: items.length, total });
      await nextTurn();
    }
    return items;
  }

  /** Runs beside the load, which does not wait for it; until SQS answers, the last known value is drawn. */
  function pollQueue(second: number): void {
    series.messages[second] = series.messages[second - 1] ?? 0;
    countMessages(connection.sqs, connection.queueUrl).then(
      (messages) => {
        series.messages[second] = messages;
      },
      () => {},
    );
  }

  async function takeStep(entrance: LoadEntrance, ratePerSecond: number): Promise<void> {
    const moments = drawArrivals(ratePerSecond, secondsPerStep, Math.random);
    const items = await makePeople(moments.length, entrance.signal);
    if (entrance.signal.aborted) return;
    const firstSecond = series.seconds.length;
    let second = firstSecond;
    const run = await runStep({
      ...entrance,
      moments,
      items,
      seconds: secondsPerStep,
      maxInFlight: options.maxConnections,
      onSecond(_, done) {
        pollQueue(second);
        second += 1;
        onProgress({ doing: `sending ${ratePerSecond}/s`, done, total: moments.length });
      },
      onAttempt: ({ reply }) => entrance.watch(reply),
    });
    // Recorded after the step, so that it takes no time from the generator.
    for (const [index, attempt] of run.attempts.entries()) {
      const number = entrance.record(attempt);
      if (number === undefined) continue;
      stepOf[number] = steps.length;
      secondOf[number] = firstSecond + (run.attemptSeconds[index] ?? 0);
    }
    series.stepStarts.push(firstSecond);
    series.seconds.push(...run.seconds);
    const step = sumUpStep(run, ratePerSecond);
    steps.push(step);
    storedAfter.push(createLatencies());
    onStepDone(step);
  }

  let result: LoadResult | undefined;
  try {
    result = await runLoad({
      ...options,
      async send(entrance) {
        for (const ratePerSecond of rates) {
          if (entrance.signal.aborted) return;
          await takeStep(entrance, ratePerSecond);
        }
      },
      onStored(milliseconds, number, storedAt) {
        const storedSecond = Math.floor(storedAt / 1_000);
        storedBySecond.set(storedSecond, (storedBySecond.get(storedSecond) ?? 0) + 1);
        storedAfter[stepOf[number] ?? -1]?.add(milliseconds);
        (series.storedAfter[secondOf[number] ?? 0] ??= []).push(milliseconds);
      },
    });
  } catch (error) {
    // What was measured before an interruption is still worth showing.
    if (!signal.aborted) throw error;
  }

  const assessed = steps.map((step, index) => ({
    ...step,
    ...(result !== undefined && { storedAfterMs: storedAfter[index]?.quantiles(shares) ?? step.storedAfterMs }),
  }));
  const { sustainedPerSecond, conclusion } = conclude(
    assessed.map((step) => ({ ...step, because: step.limitBecause })),
  );
  return {
    report: {
      passed: result?.audit.passed ?? false,
      interrupted: signal.aborted,
      target: deployment.webUrl,
      at: new Date().toISOString(),
      seed,
      sharedMachine: isLoopback(deployment.webUrl),
      steps: assessed,
      sustainedPerSecond,
      peakStoredPerSecond: result === undefined ? null : peakRate(storedBySecond),
      conclusion,
      drainSeconds: result === undefined ? null : tenths(result.drainSeconds),
      audit: result?.audit ?? null,
      ledger: options.ledgerPath,
      page: null,
    },
    series: toSeries(series, result !== undefined),
  };
}

/** Workers store in batches, so single seconds say little. */
const peakWindowSeconds = 5;

/** @returns the most in a second, averaged over a window; null for none */
function peakRate(bySecond: ReadonlyMap<number, number>): number | null {
  let most = 0;
  for (const first of bySecond.keys()) {
    let sum = 0;
    for (let second = first; second < first + peakWindowSeconds; second += 1) sum += bySecond.get(second) ?? 0;
    most = Math.max(most, sum);
  }
  return most === 0 ? null : tenths(most / peakWindowSeconds);
}

function sumUpStep(run: StepRun, ratePerSecond: number): StressStep {
  const sum = (kind: "offered" | "accepted" | "shed" | "rejected" | "failed") =>
    run.seconds.reduce((total, second) => total + second[kind], 0);
  const acceptMs = run.latencies.quantiles(shares);
  const figures = {
    offered: sum("offered"),
    accepted: sum("accepted"),
    shed: sum("shed"),
    refused: sum("rejected"),
    failed: sum("failed"),
    unsent: run.unsent,
  };
  const generator = {
    utilization: Math.round(run.utilization * 1_000) / 1_000,
    lagP99Ms: tenths(run.lags.quantile(0.99) ?? 0),
    lagMaxMs: tenths(run.lags.quantile(1) ?? 0),
  };
  const limited = Object.entries(run.otherAnswers)
    .filter(([answer]) => answer.startsWith("429"))
    .reduce((total, [, times]) => total + times, 0);
  const { limit, because } = assessStep({ ...figures, ...generator, limited, acceptP99Ms: acceptMs.p99 });
  return {
    ratePerSecond,
    seconds: tenths(run.elapsedSeconds),
    ...figures,
    shedWithoutRetryAfter: run.shedWithoutRetryAfter,
    because: { ...run.otherAnswers },
    acceptedPerSecond: run.elapsedSeconds > 0 ? tenths(figures.accepted / run.elapsedSeconds) : 0,
    acceptMs,
    storedAfterMs: { p50: null, p95: null, p99: null, max: null },
    generator,
    limit,
    limitBecause: [...because],
  };
}

function toSeries({ seconds, messages, stepStarts, storedAfter }: MutableSeries, withStored: boolean): StressSeries {
  const latencies = seconds.map(({ latenciesMs }) => latenciesMs);
  const delays = withStored ? seconds.map((_, second) => storedAfter[second] ?? []) : [];
  return {
    offered: seconds.map(({ offered }) => offered),
    accepted: seconds.map(({ accepted }) => accepted),
    shed: seconds.map(({ shed }) => shed),
    failed: seconds.map(({ rejected, failed }) => rejected + failed),
    acceptP50Ms: quantilesBySecond(latencies, 0.5),
    acceptP99Ms: quantilesBySecond(latencies, 0.99),
    storedAfterP50Ms: quantilesBySecond(delays, 0.5),
    storedAfterMaxMs: quantilesBySecond(delays, 1),
    messages: seconds.map((_, second) => messages[second] ?? 0),
    generatorPercent: seconds.map(({ utilization }) => Math.round(utilization * 100)),
    stepStarts,
  };
}
