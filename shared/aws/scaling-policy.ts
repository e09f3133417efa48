/**
 * The scaling policy of both tiers. `infra/` deploys it and `turnout plan` simulates with it, so that plans match
 * deployments.
 *
 * CPU scaling takes minutes, a rush comes in seconds. So there are three mechanisms, the fastest first:
 *
 *   before the rush   both tiers are raised by the clock, `rush.leadSeconds` ahead of the event's opening and closing
 *   in the rush       the queue takes what the workers cannot store yet; what the web tier cannot take is told to retry
 *   after minutes     CPU grows the web tier; CPU, backlog and age of the oldest message grow the worker tier
 *
 * Minimum, maximum and rush sizes are defaults that `infra/config.ts` can override per deployment.
 */

export interface InstanceBounds {
  readonly minInstances: number;
  readonly maxInstances: number;
}

export interface AgeStep {
  /** Age of the oldest message, in seconds, from which this step applies, up to the next one. */
  readonly fromSeconds: number;
  readonly addInstances: number;
}

/** How long one message may wait before one instance is too few, and how fast one instance drains. */
const backlog = {
  acceptableDelaySeconds: 60,
  /** Full packs, so 2,500 registrations a second: limited by the table's writes, not by CPU. */
  messagesPerSecondPerInstance: 10,
} as const;

export const scalingPolicy = {
  web: {
    /** One per availability zone. */
    minInstances: 2,
    maxInstances: 20,
    /** Elastic Beanstalk's trigger: average CPU of all instances. */
    cpu: {
      growAbovePercent: 75,
      shrinkBelowPercent: 25,
      /** Length of one measurement. */
      periodSeconds: 60,
      /** Measurements in a row beyond a threshold before scaling. */
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
    /** Target tracking on average CPU. */
    cpu: { targetPercent: 75 },
    /** Target tracking on visible messages per instance. */
    backlog: {
      ...backlog,
      messagesPerInstance: backlog.acceptableDelaySeconds * backlog.messagesPerSecondPerInstance,
    },
    /** Step scaling on the age of the oldest message, for bursts that outrun target tracking. */
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
     * AWS's own rule: scale out after three minutes above the target, in after fifteen below 90 % of it
     * (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html).
     */
    targetTracking: { growAfterSeconds: 180, shrinkAfterSeconds: 900, shrinkBelowFraction: 0.9 },
  },
  /** The rush times: opening and closing of the event. */
  rush: {
    /** How early both tiers are scaled out: three times an instance's start. */
    leadSeconds: 900,
    /** How long after the opening they stay scaled out; then the triggers decide. */
    holdSeconds: 1_800,
    /** The same after the closing, when only the backlog drains. */
    drainSeconds: 600,
    webInstances: 6,
    workerInstances: 3,
  },
  /** From the decision to the first request: assumed until measured by `turnout stack watch-scaling`. */
  instanceReadySeconds: 300,
} as const;

/** @returns the nearest number of instances within the bounds */
export function clampInstances(instances: number, { minInstances, maxInstances }: InstanceBounds): number {
  return Math.min(maxInstances, Math.max(minInstances, instances));
}

/**
 * The web tier's reaction to CPU beyond a threshold for `breachPeriods` measurements.
 * @param cpuPercent average of all instances, 0 to 100
 * @returns instances to add; negative to remove, 0 to stay
 */
export function webCpuStep(cpuPercent: number): number {
  const { growAbovePercent, shrinkBelowPercent, addInstances, removeInstances } = scalingPolicy.web.cpu;
  if (cpuPercent > growAbovePercent) return addInstances;
  return cpuPercent < shrinkBelowPercent ? -removeInstances : 0;
}

/**
 * Target tracking: the number of instances that would bring the metric to its target.
 * @param instances in service now
 * @param metric average per instance
 * @param target in the same unit, above 0
 */
export function trackedInstances(instances: number, metric: number, target: number): number {
  return Math.ceil((instances * metric) / target);
}

/** @returns instances the worker tier adds at this age of the oldest message; 0 while it is young enough */
export function ageStep(oldestAgeSeconds: number): number {
  const reached = scalingPolicy.worker.age.steps.findLast((step) => oldestAgeSeconds >= step.fromSeconds);
  return reached?.addInstances ?? 0;
}

export interface Rush {
  readonly name: "Opening" | "Closing" | "Event";
  /** When both tiers are scaled out, milliseconds since the epoch. */
  readonly raiseAt: number;
  /** When their usual minimum returns, milliseconds since the epoch. */
  readonly releaseAt: number;
}

/**
 * The rush windows. For a short event, where the two would touch, a single one.
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
