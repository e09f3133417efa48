/** How many registrations one instance handles each second, from what the benchmark measured on one machine. */
import { readFileSync } from "node:fs";
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import { relativeSpeed, type InstanceType } from "./prices.ts";

export interface InstanceRates {
  readonly webPerSecond: number;
  readonly workerPerSecond: number;
  /** Where the web tier's rate comes from, for people. */
  readonly webSource: string;
  /** Where the worker's rate comes from, for people. */
  readonly workerSource: string;
}

/** CPU for each registration, without a benchmark of this machine. See docs/performance.md. */
const assumed = { webMicros: 130, workerMicros: 60 };

/** Assumed: the kernel's network and the operating system run on the same core. */
const shareForUs = 0.75;
const microsPerSecond = 1_000_000;

interface BenchFigures {
  readonly webMicros: number;
  readonly workerMicros: number;
  readonly source: string;
}

/** @param file `bench/results.json`, or another run's */
function figuresOf(file: string): BenchFigures {
  const unknown = {
    ...assumed,
    source: "assumed, because no benchmark was found: run npm run bench, or measure with turnout stress",
  };
  try {
    const { cpuMicrosPerRegistration: cpu, at } = JSON.parse(readFileSync(file, "utf8")) as {
      cpuMicrosPerRegistration?: { web?: number; worker?: number };
      at?: string;
    };
    if (!cpu?.web || !cpu.worker) return unknown;
    return {
      webMicros: cpu.web,
      workerMicros: cpu.worker,
      source: `estimated from the CPU time of the benchmark of ${at?.slice(0, 10) ?? "an unknown date"}`,
    };
  } catch {
    return unknown;
  }
}

/**
 * @param resultsFile `bench/results.json`
 * @returns rates of one instance of this type at full CPU. A worker waits for the table more than it computes, so its rate is
 *   limited to the one that the scaling policy assumes.
 */
export function instanceRates(resultsFile: string, webType: InstanceType, workerType: InstanceType): InstanceRates {
  const { webMicros, workerMicros, source } = figuresOf(resultsFile);
  const rate = (micros: number, type: InstanceType) => ((microsPerSecond * shareForUs) / micros) * relativeSpeed[type];
  const computed = rate(workerMicros, workerType);
  const tableBound = scalingPolicy.worker.backlog.messagesPerSecondPerInstance * fullPack;
  return {
    webPerSecond: Math.floor(rate(webMicros, webType)),
    workerPerSecond: Math.floor(Math.min(computed, tableBound)),
    webSource: source,
    workerSource:
      computed > tableBound ? "what the scaling policy assumes, since a worker waits for the table" : source,
  };
}

/** Registrations in a full pack: what a message holds while there is a backlog. */
export const fullPack = 250;
