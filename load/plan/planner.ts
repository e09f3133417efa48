/**
 * Finds what to set before the event, by trying scenarios in the simulation: with what it finds no request is shed and
 * everybody is confirmed in time while no part does more than `targetUtilisation` of what it can, and with an instance of each
 * tier to spare.
 */
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import { settingBounds } from "./deployable-settings.ts";
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
  /** The spare one included. */
  readonly webInstances: number;
  /** The spare one included. */
  readonly workerInstances: number;
  /** Write units each second; that of a new table if no warming is needed. */
  readonly warmWritesPerSecond: number;
  /** How long before the opening the deployment raises both tiers by itself. */
  readonly leadSeconds: number;
}

/** Share of each part's capacity that the rush needs; the largest one is the bottleneck if more people come. */
export interface Loads {
  readonly web: number;
  readonly worker: number;
  readonly table: number;
}

export interface Plan {
  readonly settings: Settings;
  readonly planned: Outcome;
  /** The same with one instance less of each tier, all the time. */
  readonly oneLost: Outcome;
  /** The same rush with the settings that a deployment has by itself. */
  readonly defaults: {
    /** At the opening in the event file, for which both tiers are raised. */
    readonly atOpening: Outcome;
    /** At another time, such as after a mailing: only the minimum runs. */
    readonly atAnotherTime: Outcome;
  };
  /** Whether these serve everybody in time as well, at the opening. */
  readonly defaultsSuffice: boolean;
  readonly loads: Loads;
  readonly breaksFirst: keyof Loads;
  /** How many times as many people, in tenths, could come in the same way within the same wait, up to ten times. */
  readonly holdsTimes: number;
  /** For people: what the plan does not reach. */
  readonly shortfalls: readonly string[];
}

/** What each part does at most, of what it can, when everything comes as planned. */
export const targetUtilisation = 0.6;
/** Of each tier, beyond those that the rush needs. */
const spareInstances = 1;
const warmStep = 1_000;
const mostTimes = 10;

/** @returns the highest rate, averaged over three seconds to smooth out single ones */
function peakArrivals(arrivals: Float64Array): number {
  let most = 0;
  for (let second = 0; second < arrivals.length; second += 1) {
    const window = arrivals.subarray(second, second + 3);
    most = Math.max(most, window.reduce((sum, count) => sum + count, 0) / window.length);
  }
  return most;
}

interface Trial {
  readonly web: number;
  readonly worker: number;
  readonly warmWritesPerSecond: number;
  /** Of what a worker can do. Default: all. */
  readonly workerShare?: number;
  readonly tableShare?: number;
  /** Whether more people come. Default: 1. */
  readonly times?: number;
}

export function makePlan({ arrivals, rates, confirmWithinSeconds, instanceReadySeconds }: Wishes): Plan {
  const { web: webPolicy, worker: workerPolicy, rush } = scalingPolicy;

  function attempt({ web, worker, workerShare = 1, times = 1, ...table }: Trial): Outcome {
    const scenario: Scenario = {
      arrivals: times === 1 ? arrivals : arrivals.map((people) => people * times),
      web: {
        startInstances: web,
        minInstances: web,
        maxInstances: Math.max(web, webPolicy.maxInstances),
        registrationsPerSecond: rates.webPerSecond,
      },
      worker: {
        startInstances: worker,
        minInstances: worker,
        maxInstances: Math.max(worker, workerPolicy.maxInstances),
        registrationsPerSecond: rates.workerPerSecond * workerShare,
      },
      ...table,
      instanceReadySeconds,
      registrationsPerMessage: fullPack,
    };
    return simulate(scenario);
  }

  const inTime = ({ drainedAtSeconds, worstStoreWaitSeconds }: Outcome) =>
    drainedAtSeconds !== null && worstStoreWaitSeconds <= confirmWithinSeconds;
  const good = (outcome: Outcome) => inTime(outcome) && outcome.shedRequests < 1;

  const peak = peakArrivals(arrivals);
  const mostWithoutSpare = settingBounds.instances - spareInstances;
  const webNeeded = Math.min(mostWithoutSpare, Math.ceil(peak / (rates.webPerSecond * targetUtilisation)));
  const web = Math.max(webPolicy.minInstances, webNeeded + spareInstances);
  const workerShare = targetUtilisation;
  const workerNeeded = fewest(
    (worker) => inTime(attempt({ web, worker, workerShare, warmWritesPerSecond: Number.MAX_SAFE_INTEGER })),
    1,
    mostWithoutSpare,
  );
  const worker = workerNeeded + spareInstances;
  const tableShare = targetUtilisation;
  const warmWritesPerSecond =
    warmStep *
    fewest(
      (steps) => inTime(attempt({ web, worker, warmWritesPerSecond: steps * warmStep, tableShare })),
      newTableWritesPerSecond / warmStep,
      settingBounds.warmWritesPerSecond / warmStep,
    );

  const chosen = { web, worker, warmWritesPerSecond };
  const planned = attempt(chosen);
  const loads: Loads = {
    web: peak / (web * rates.webPerSecond),
    worker: fewest((percent) => inTime(attempt({ ...chosen, workerShare: percent / 100 })), 1, 100) / 100,
    table: fewest((percent) => inTime(attempt({ ...chosen, tableShare: percent / 100 })), 1, 100) / 100,
  };
  const breaksFirst = (Object.keys(loads) as (keyof Loads)[]).reduce((a, b) => (loads[b] > loads[a] ? b : a));
  const failsAt = fewest((tenths) => !good(attempt({ ...chosen, times: tenths / 10 })), 10, mostTimes * 10 + 1);
  const byItself = { warmWritesPerSecond: newTableWritesPerSecond };
  const atOpening = attempt({ web: rush.webInstances, worker: rush.workerInstances, ...byItself });
  return {
    settings: { webInstances: web, workerInstances: worker, warmWritesPerSecond, leadSeconds: rush.leadSeconds },
    planned,
    oneLost: attempt({ ...chosen, web: Math.max(1, web - 1), worker: Math.max(1, worker - 1) }),
    defaults: {
      atOpening,
      atAnotherTime: attempt({ web: webPolicy.minInstances, worker: workerPolicy.minInstances, ...byItself }),
    },
    defaultsSuffice: good(atOpening),
    loads,
    breaksFirst,
    holdsTimes: (failsAt - 1) / 10,
    shortfalls: [
      ...(planned.shedRequests >= 1
        ? [`It sheds requests even with the most web instances that a deployment takes, ${settingBounds.instances}.`]
        : []),
      ...(inTime(planned)
        ? []
        : [
            `Not everybody is confirmed within ${confirmWithinSeconds} s even with the most that a deployment takes. Allow more with --confirm-within: nothing is lost meanwhile.`,
          ]),
      ...(Math.max(...Object.values(loads)) > targetUtilisation
        ? [
            `Part of it does more than ${targetUtilisation * 100} % of what it can, at the bounds of the settings: there is less headroom than aimed at.`,
          ]
        : []),
    ],
  };
}

/** @returns the smallest sufficient whole number from `from` to `most`, by bisection, since more is never worse; else `most` */
function fewest(isEnough: (count: number) => boolean, from: number, most: number): number {
  let low = from;
  let high = from;
  while (high < most && !isEnough(high)) {
    low = high + 1;
    high = Math.min(most, high * 2);
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
