/**
 * How both tiers grow and shrink: every number once, with its unit. `infra/` puts them into AWS and `turnout plan`
 * simulates with them, so that a plan is a plan for what is deployed.
 *
 * CPU answers a slow change in minutes; a rush comes in seconds. So there are three answers, the fastest one first:
 *
 *   before the rush   both tiers are raised by the clock, `rush.leadSeconds` ahead of the event's opening and closing
 *   in the rush       the queue takes what the workers cannot store yet; what the web tier cannot take is told to retry
 *   after minutes     CPU grows the web tier; CPU, backlog and age of the oldest message grow the worker tier
 *
 * This file decides nothing about one deployment: minimum, maximum and numbers for the rush are defaults here and can be
 * set for each deployment in `infra/config.ts`.
 */

export interface InstanceBounds {
  readonly minInstances: number;
  readonly maxInstances: number;
}

export interface AgeStep {
  /** Age of the oldest message, in seconds, from which this step counts, up to the next one. */
  readonly fromSeconds: number;
  readonly addInstances: number;
}

/** How long one message may wait before one instance is too few, and how fast one instance drains. */
const backlog = {
  acceptableDelaySeconds: 60,
  /** Full packs, so 2,500 people a second: what the table's writes allow one instance, not what its CPU could do. */
  messagesPerSecondPerInstance: 10,
} as const;

export const scalingPolicy = {
  web: {
    /** One in each of the two availability zones. */
    minInstances: 2,
    maxInstances: 20,
    /** Elastic Beanstalk's own trigger: average CPU of all instances. */
    cpu: {
      growAbovePercent: 75,
      shrinkBelowPercent: 25,
      /** Length of one measurement. */
      periodSeconds: 60,
      /** Measurements in a row on the far side of a threshold before anything happens. */
      breachPeriods: 2,
      addInstances: 2,
      removeInstances: 1,
      /** Pause after a scaling activity. */
      cooldownSeconds: 60,
    },
  },
  worker: {
    minInstances: 1,
    maxInstances: 8,
    /** Target tracking on the average CPU of all instances. */
    cpu: { targetPercent: 75 },
    /** Target tracking on visible messages by instance in service. */
    backlog: {
      ...backlog,
      messagesPerInstance: backlog.acceptableDelaySeconds * backlog.messagesPerSecondPerInstance,
    },
    /** Steps on the age of the oldest message: for a burst, in which the backlog grows faster than its tracking reacts. */
    age: {
      periodSeconds: 60,
      breachPeriods: 1,
      steps: [
        { fromSeconds: 60, addInstances: 1 },
        { fromSeconds: 180, addInstances: 2 },
        { fromSeconds: 600, addInstances: 4 },
      ] satisfies readonly AgeStep[],
    },
    /**
     * How AWS watches a target: three minutes above it to grow, fifteen below nine tenths of it to shrink. Not ours to
     * set (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html).
     */
    targetTracking: { growAfterSeconds: 180, shrinkAfterSeconds: 900, shrinkBelowFraction: 0.9 },
  },
  /** The moments at which everybody comes at once: the event's opening and its closing. */
  rush: {
    /** How far ahead both tiers are raised: three times the time an instance needs. */
    leadSeconds: 900,
    /** How long after the opening they stay raised; then the triggers have the word again. */
    holdSeconds: 1_800,
    /** The same after the closing, when nobody registers any more and only the backlog drains. */
    drainSeconds: 600,
    webInstances: 6,
    workerInstances: 3,
  },
  /** From the decision to the first request served: an assumption until `turnout stack watch-scaling` measured it. */
  instanceReadySeconds: 300,
} as const;

/** @returns the nearest number of instances that the bounds allow */
export function clampInstances(instances: number, { minInstances, maxInstances }: InstanceBounds): number {
  return Math.min(maxInstances, Math.max(minInstances, instances));
}

/**
 * The web tier's answer once CPU stood on one side of a threshold for `breachPeriods` measurements.
 * @param cpuPercent average of all instances, 0 to 100
 * @returns instances to add; negative to remove, 0 to stay
 */
export function webCpuStep(cpuPercent: number): number {
  const { growAbovePercent, shrinkBelowPercent, addInstances, removeInstances } = scalingPolicy.web.cpu;
  if (cpuPercent > growAbovePercent) return addInstances;
  return cpuPercent < shrinkBelowPercent ? -removeInstances : 0;
}

/**
 * What target tracking asks for: as many instances as would bring the metric to its target.
 * @param instances in service now
 * @param metric average of the metric by instance
 * @param target its target, in the same unit, above 0
 */
export function trackedInstances(instances: number, metric: number, target: number): number {
  return Math.ceil((instances * metric) / target);
}

/** @returns instances that the worker tier adds for this age of the oldest message, 0 while it is young enough */
export function ageStep(oldestAgeSeconds: number): number {
  const reached = scalingPolicy.worker.age.steps.findLast((step) => oldestAgeSeconds >= step.fromSeconds);
  return reached?.addInstances ?? 0;
}

export interface Rush {
  readonly name: "Opening" | "Closing" | "Event";
  /** When both tiers are raised, milliseconds since the epoch. */
  readonly raiseAt: number;
  /** When their usual minimum comes back, milliseconds since the epoch. */
  readonly releaseAt: number;
}

/**
 * The times for which both tiers are raised. An event so short that the two would touch has one: raised throughout.
 * @param opensAt milliseconds since the epoch
 * @param closesAt milliseconds since the epoch, later than `opensAt`
 */
export function rushes(opensAt: number, closesAt: number): readonly Rush[] {
  const { leadSeconds, holdSeconds, drainSeconds } = scalingPolicy.rush;
  const opening = { raiseAt: opensAt - leadSeconds * 1_000, releaseAt: opensAt + holdSeconds * 1_000 };
  const closing = { raiseAt: closesAt - leadSeconds * 1_000, releaseAt: closesAt + drainSeconds * 1_000 };
  if (closing.raiseAt <= opening.releaseAt) {
    return [{ name: "Event", raiseAt: opening.raiseAt, releaseAt: Math.max(opening.releaseAt, closing.releaseAt) }];
  }
  return [
    { name: "Opening", ...opening },
    { name: "Closing", ...closing },
  ];
}
