/**
 * Finds what to set before the event, by trying scenarios in the simulation: the fewest instances and the lowest warm
 * throughput with which no request is shed and everybody is confirmed in time.
 */
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import { fullPack, type InstanceRates } from "./instance-rates.ts";
import { simulate, type Outcome, type Scenario } from "./simulation.ts";
import { newTableWritesPerSecond } from "./table-throughput.ts";

export interface Wishes {
  readonly arrivals: Float64Array;
  readonly rates: InstanceRates;
  /** Longest allowed time from accepted until stored. */
  readonly confirmWithinSeconds: number;
  readonly instanceReadySeconds: number;
}

export interface Settings {
  readonly webInstances: number;
  readonly workerInstances: number;
  /** Write units each second; that of a new table if no warming is needed. */
  readonly warmWritesPerSecond: number;
  /** How long before the opening this must be in effect. */
  readonly leadSeconds: number;
}

/** Share of each part's capacity used at the peak; the largest one is the bottleneck if more people come. */
export interface Loads {
  readonly web: number;
  readonly worker: number;
  readonly table: number;
}

export interface Plan {
  readonly settings: Settings;
  readonly planned: Outcome;
  /** The same rush without preparation: the minimum of the policy and a new table. */
  readonly unprepared: Outcome;
  readonly loads: Loads;
  readonly breaksFirst: keyof Loads;
}

/** CPU share of the web tier at the peak; the rest allows for uneven load balancing. */
const webUtilisation = 0.7;
const warmStep = 1_000;
/** End of the search: more than any account has. */
const mostInstances = 5_000;

/** @returns the highest rate, averaged over three seconds to smooth out single ones */
function peakArrivals(arrivals: Float64Array): number {
  let most = 0;
  for (let second = 0; second < arrivals.length; second += 1) {
    const window = arrivals.subarray(second, second + 3);
    most = Math.max(most, window.reduce((sum, count) => sum + count, 0) / window.length);
  }
  return most;
}

export function makePlan({ arrivals, rates, confirmWithinSeconds, instanceReadySeconds }: Wishes): Plan {
  function scenario(web: number, worker: number, warmWritesPerSecond: number, fixed: boolean): Scenario {
    const { web: webPolicy, worker: workerPolicy } = scalingPolicy;
    return {
      arrivals,
      web: {
        startInstances: web,
        minInstances: web,
        maxInstances: fixed ? Math.max(web, webPolicy.maxInstances) : webPolicy.maxInstances,
        registrationsPerSecond: rates.webPerSecond,
      },
      worker: {
        startInstances: worker,
        minInstances: worker,
        maxInstances: fixed ? Math.max(worker, workerPolicy.maxInstances) : workerPolicy.maxInstances,
        registrationsPerSecond: rates.workerPerSecond,
      },
      warmWritesPerSecond,
      instanceReadySeconds,
      registrationsPerMessage: fullPack,
    };
  }

  const peak = peakArrivals(arrivals);
  const web = Math.max(scalingPolicy.web.minInstances, Math.ceil(peak / (rates.webPerSecond * webUtilisation)));
  const worker = fewest((count) => {
    const outcome = simulate(scenario(web, count, Number.MAX_SAFE_INTEGER, true));
    return outcome.drainedAtSeconds !== null && outcome.worstStoreWaitSeconds <= confirmWithinSeconds;
  });
  const warmSteps = fewest((steps) => {
    const outcome = simulate(scenario(web, worker, steps * warmStep, true));
    return outcome.drainedAtSeconds !== null && outcome.worstStoreWaitSeconds <= confirmWithinSeconds;
  }, newTableWritesPerSecond / warmStep);
  const warmWritesPerSecond = warmSteps * warmStep;

  const planned = simulate(scenario(web, worker, warmWritesPerSecond, true));
  const { minInstances: webMinimum } = scalingPolicy.web;
  const { minInstances: workerMinimum } = scalingPolicy.worker;
  const loads: Loads = {
    web: peak / (web * rates.webPerSecond),
    worker: planned.peakStoredPerSecond / (planned.peakWorkerInstances * rates.workerPerSecond),
    table: planned.peakStoredPerSecond / warmWritesPerSecond,
  };
  const breaksFirst = (Object.keys(loads) as (keyof Loads)[]).reduce((a, b) => (loads[b] > loads[a] ? b : a));
  return {
    settings: {
      webInstances: web,
      workerInstances: worker,
      warmWritesPerSecond,
      leadSeconds: scalingPolicy.rush.leadSeconds,
    },
    planned,
    unprepared: simulate(scenario(webMinimum, workerMinimum, newTableWritesPerSecond, false)),
    loads,
    breaksFirst,
  };
}

/** @returns the smallest sufficient whole number from `from`, by bisection: more is never worse */
function fewest(isEnough: (count: number) => boolean, from = 1): number {
  let low = from;
  let high = from;
  while (!isEnough(high) && high < mostInstances) {
    low = high + 1;
    high *= 2;
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
