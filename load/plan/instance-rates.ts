/** How many registrations one instance handles each second, from what the benchmark measured on one machine. */
import { readFileSync } from "node:fs";
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import { relativeSpeed, type InstanceType } from "./prices.ts";

export interface InstanceRates {
  readonly webPerSecond: number;
  readonly workerPerSecond: number;
  /** Where the rates come from. */
  readonly source: string;
}

/** CPU for each registration, without a benchmark of this machine. See docs/performance.md. */
const assumed = { webMicros: 130, workerMicros: 60 };

/** nginx, the kernel's network and the operating system run on the same core. */
const shareForUs = 0.6;
const microsPerSecond = 1_000_000;

interface BenchFigures {
  readonly webMicros: number;
  readonly workerMicros: number;
  readonly source: string;
}

/** @param file `bench/results.json`, or another run's */
function figuresOf(file: string): BenchFigures {
  const unknown = { ...assumed, source: "assumed, because no benchmark was found; run npm run bench" };
  try {
    const { cpuMicrosPerRegistration: cpu, at } = JSON.parse(readFileSync(file, "utf8")) as {
      cpuMicrosPerRegistration?: { web?: number; worker?: number };
      at?: string;
    };
    if (!cpu?.web || !cpu.worker) return unknown;
    return { webMicros: cpu.web, workerMicros: cpu.worker, source: `the benchmark of ${at ?? "an unknown date"}` };
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
  const { messagesPerSecondPerInstance } = scalingPolicy.worker.backlog;
  return {
    webPerSecond: Math.floor(rate(webMicros, webType)),
    workerPerSecond: Math.floor(Math.min(rate(workerMicros, workerType), messagesPerSecondPerInstance * fullPack)),
    source,
  };
}

/** Registrations in a full pack: what a message holds while there is a backlog. */
export const fullPack = 250;
