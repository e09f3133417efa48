/**
 * Simulates a rush second by second: people arrive, the web tier accepts what it can and sheds the rest, the queue grows, the
 * workers drain it as fast as they and the table can, and both tiers scale by the deployed policy.
 *
 * It only counts people, so a second takes as long for ten as for ten million. It leaves out the network, failing instances,
 * people who give up, and uneven load balancing.
 */
import type { InstanceBounds } from "../../shared/aws/scaling-policy.ts";
import { createWebFleet, createWorkerFleet } from "./fleet.ts";
import { createTableThroughput } from "./table-throughput.ts";

export interface TierCapacity extends InstanceBounds {
  /** Instances in service when the event opens. */
  readonly startInstances: number;
  /** Of one instance, at full CPU. */
  readonly registrationsPerSecond: number;
}

export interface Scenario {
  /** New people in each second. */
  readonly arrivals: Float64Array;
  readonly web: TierCapacity;
  readonly worker: TierCapacity;
  /** Writes each second that the table can take from the start. */
  readonly warmWritesPerSecond: number;
  /** Share of the table's throughput that can be used, 0 to 1. Default: all of it. */
  readonly tableShare?: number;
  /** From the decision to start an instance until it is in service. */
  readonly instanceReadySeconds: number;
  /** Average number of registrations in a message while there is a queue. */
  readonly registrationsPerMessage: number;
}

/** One value for each second since the opening. */
export interface Series {
  readonly arrivals: number[];
  readonly accepted: number[];
  readonly shed: number[];
  /** Registrations on the queue. */
  readonly depth: number[];
  readonly stored: number[];
  /** Seconds that the oldest registration on the queue has waited. */
  readonly oldestAgeSeconds: number[];
  readonly webInstances: number[];
  readonly workerInstances: number[];
  /** Writes that the workers could have made but the table could not take. */
  readonly throttled: number[];
}

export interface Outcome {
  readonly series: Series;
  readonly accepted: number;
  readonly shedRequests: number;
  /** Longest wait from a person's arrival until accepted, retries included. */
  readonly worstAcceptWaitSeconds: number;
  readonly peakDepth: number;
  /** Longest wait from accepted until stored. */
  readonly worstStoreWaitSeconds: number;
  /** When the last registration was stored, counted from the opening; null if not within a day. */
  readonly drainedAtSeconds: number | null;
  readonly peakStoredPerSecond: number;
  readonly peakWebInstances: number;
  readonly peakWorkerInstances: number;
  readonly throttledWrites: number;
  readonly webInstanceSeconds: number;
  readonly workerInstanceSeconds: number;
}

/** Cost of a shed request relative to an accepted one, which is small because its body is not read. Measured. */
const sheddingCost = 0.25;
/** An overloaded instance still accepts this share of its capacity. */
const leastGoodput = 0.1;
const shortestReturnSeconds = 2;
const longestReturnSeconds = 60;
const horizonSeconds = 86_400;
/** A smaller fraction of a person is a rounding error. */
const nobody = 1e-6;

/** @returns people accepted in a second with this many requests */
function acceptable(requests: number, capacity: number): number {
  if (requests <= capacity) return requests;
  // Accepting a costs a, and shedding the others their share: a + sheddingCost × (requests − a) = capacity.
  const left = (capacity - sheddingCost * requests) / (1 - sheddingCost);
  return Math.max(left, leastGoodput * capacity);
}

export function simulate(scenario: Scenario): Outcome {
  const { arrivals, web, worker, instanceReadySeconds, registrationsPerMessage, tableShare = 1 } = scenario;
  const webFleet = createWebFleet(web.startInstances, web, instanceReadySeconds);
  const workerFleet = createWorkerFleet(worker.startInstances, worker, instanceReadySeconds);
  const table = createTableThroughput(scenario.warmWritesPerSecond);
  const people = arrivals.reduce((total, count) => total + count, 0);
  const series: Series = {
    arrivals: [],
    accepted: [],
    shed: [],
    depth: [],
    stored: [],
    oldestAgeSeconds: [],
    webInstances: [],
    workerInstances: [],
    throttled: [],
  };
  /** Retries that are due in each second. */
  const returns: number[] = [];
  const acceptLine = createLine();
  const storeLine = createLine();
  let depth = 0;
  let worstAcceptWaitSeconds = 0;
  let worstStoreWaitSeconds = 0;
  let drainedAtSeconds: number | null = null;

  for (let second = 0; second < horizonSeconds; second += 1) {
    const arriving = arrivals[second] ?? 0;
    const requests = arriving + (returns[second] ?? 0);
    const webCapacity = webFleet.inService * web.registrationsPerSecond;
    const accepted = acceptable(requests, webCapacity);
    const shed = requests - accepted;
    if (shed > nobody) {
      const window = Math.ceil(
        Math.min(longestReturnSeconds, Math.max(shortestReturnSeconds, (2 * shed) / Math.max(accepted, 1))),
      );
      for (let later = 1; later <= window; later += 1) {
        returns[second + later] = (returns[second + later] ?? 0) + shed / window;
      }
    }
    acceptLine.join(second, arriving);
    worstAcceptWaitSeconds = Math.max(worstAcceptWaitSeconds, acceptLine.leave(second, accepted));

    depth += accepted;
    storeLine.join(second, accepted);
    const workerCapacity = workerFleet.inService * worker.registrationsPerSecond;
    const wanted = Math.min(depth, workerCapacity);
    const stored = Math.min(wanted, table.available(second) * tableShare);
    table.write(second, stored);
    depth -= stored;
    worstStoreWaitSeconds = Math.max(worstStoreWaitSeconds, storeLine.leave(second, stored));
    const oldestAgeSeconds = storeLine.oldestAge(second);

    series.arrivals.push(arriving);
    series.accepted.push(accepted);
    series.shed.push(shed);
    series.depth.push(depth);
    series.stored.push(stored);
    series.oldestAgeSeconds.push(oldestAgeSeconds);
    series.webInstances.push(webFleet.inService);
    series.workerInstances.push(workerFleet.inService);
    series.throttled.push(wanted - stored);

    webFleet.step(
      second,
      webCapacity === 0 ? 100 : Math.min(100, ((accepted + sheddingCost * shed) / webCapacity) * 100),
    );
    workerFleet.step(
      second,
      workerCapacity === 0 ? 100 : (stored / workerCapacity) * 100,
      depth / registrationsPerMessage,
      oldestAgeSeconds,
    );
    if (second >= arrivals.length - 1 && storeLine.left >= people - people * nobody - nobody) {
      drainedAtSeconds = second + 1;
      break;
    }
  }

  const peak = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    series,
    accepted: sum(series.accepted),
    shedRequests: sum(series.shed),
    worstAcceptWaitSeconds,
    peakDepth: peak(series.depth),
    worstStoreWaitSeconds,
    drainedAtSeconds,
    peakStoredPerSecond: peak(series.stored),
    peakWebInstances: peak(series.webInstances),
    peakWorkerInstances: peak(series.workerInstances),
    throttledWrites: sum(series.throttled),
    webInstanceSeconds: sum(series.webInstances),
    workerInstanceSeconds: sum(series.workerInstances),
  };
}

/** A first-in first-out queue, counted by the second of arrival. */
function createLine() {
  const joined: number[] = [];
  let head = 0;
  let left = 0;
  return {
    get left() {
      return left;
    },
    join(second: number, count: number) {
      joined[second] = count;
    },
    /** @returns how long the last of them waited, in seconds */
    leave(second: number, count: number): number {
      let leaving = count;
      left += count;
      let waited = 0;
      while (leaving > nobody && head <= second) {
        const first = joined[head] ?? 0;
        if (first > nobody) waited = Math.max(waited, second - head);
        const served = Math.min(first, leaving);
        joined[head] = first - served;
        leaving -= served;
        if ((joined[head] ?? 0) > nobody) break;
        head += 1;
      }
      return waited;
    },
    /** @returns how long the oldest has waited, in seconds; 0 if the queue is empty */
    oldestAge(second: number): number {
      while (head < second && (joined[head] ?? 0) <= nobody) head += 1;
      return (joined[head] ?? 0) > nobody ? second - head : 0;
    },
  };
}
