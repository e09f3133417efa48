/** What a stress run measured, as rates of one instance. A run that met no limit gives lower bounds, and says so. */
import { readFileSync } from "node:fs";
import { Compile } from "typebox/compile";
import { TurnoutError } from "../../shared/errors.ts";
import { StressReport } from "../stress/stress-report.ts";
import type { InstanceRates } from "./instance-rates.ts";

const validator = Compile(StressReport);
/** A queue that is empty sooner was never one: the workers kept up. */
const backlogSeconds = 10;

/** @throws TURNOUT_USAGE_INVALID for what is no report of `turnout stress --json` */
export function readStressReport(file: string): StressReport {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (validator.Check(value)) return value;
  } catch (cause) {
    throw new TurnoutError("TURNOUT_USAGE_INVALID", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  throw new TurnoutError("TURNOUT_USAGE_INVALID", `${file} is no report: write one with turnout stress --json > FILE`);
}

export interface MeasuredInstances {
  readonly web: number;
  readonly worker: number;
}

/** @returns those rates that the run measured; none where even its first step reached a limit, or where it was stopped */
export function stressRates(report: StressReport, instances: MeasuredInstances): Partial<InstanceRates> {
  const { sustainedPerSecond, peakStoredPerSecond, drainSeconds, steps, at, target, sharedMachine } = report;
  const where = sharedMachine ? "a machine shared with its load" : target;
  const run = `turnout stress of ${at.slice(0, 10)} on ${where}`;
  const webLimited = steps.some(
    ({ limit, ratePerSecond }) =>
      (limit === "service" || limit === "both") && ratePerSecond > (sustainedPerSecond ?? 0),
  );
  const source = (isLimit: boolean) => (isLimit ? `measured by ${run}` : `at least: ${run} did not reach its limit`);
  return {
    ...(sustainedPerSecond !== null &&
      sustainedPerSecond >= instances.web && {
        webPerSecond: Math.floor(sustainedPerSecond / instances.web),
        webSource: source(webLimited),
      }),
    ...(peakStoredPerSecond !== null &&
      peakStoredPerSecond >= instances.worker && {
        workerPerSecond: Math.floor(peakStoredPerSecond / instances.worker),
        workerSource: source(drainSeconds !== null && drainSeconds >= backlogSeconds),
      }),
  };
}
