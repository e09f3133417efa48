/**
 * The instances of a tier over time, scaled by the policy that is deployed: `shared/aws/scaling-policy.ts`. One object for each
 * tier and simulation; given each second's load, it computes the instances in service in the next second.
 */
import {
  ageStep,
  clampInstances,
  scalingPolicy,
  trackedInstances,
  webCpuStep,
  type InstanceBounds,
} from "../../shared/aws/scaling-policy.ts";

export interface Fleet {
  readonly inService: number;
}

/** Instances, including those being launched. */
function createInstances(start: number, bounds: InstanceBounds, readySeconds: number) {
  let inService = start;
  let launches: number[] = [];
  return {
    get inService() {
      return inService;
    },
    get desired() {
      return inService + launches.length;
    },
    arrive(second: number) {
      const ready = launches.filter((at) => at <= second).length;
      if (ready === 0) return;
      inService += ready;
      launches = launches.filter((at) => at > second);
    },
    set(second: number, wanted: number) {
      const target = clampInstances(wanted, bounds);
      const missing = target - (inService + launches.length);
      for (let launch = 0; launch < missing; launch += 1) launches.push(second + readySeconds);
      if (missing < 0) {
        launches = launches.slice(0, Math.max(0, launches.length + missing));
        inService = Math.max(bounds.minInstances, Math.min(inService, target));
      }
    },
  };
}

export interface WebFleet extends Fleet {
  /** @param cpuPercent average of all instances in this second */
  step(second: number, cpuPercent: number): void;
}

export function createWebFleet(start: number, bounds: InstanceBounds, readySeconds: number): WebFleet {
  const instances = createInstances(start, bounds, readySeconds);
  const { periodSeconds, breachPeriods, cooldownSeconds } = scalingPolicy.web.cpu;
  let sum = 0;
  let direction = 0;
  let breaches = 0;
  let quietUntil = 0;
  return {
    get inService() {
      return instances.inService;
    },
    step(second, cpuPercent) {
      instances.arrive(second);
      sum += cpuPercent;
      if ((second + 1) % periodSeconds !== 0) return;
      const change = webCpuStep(sum / periodSeconds);
      sum = 0;
      breaches = change !== 0 && Math.sign(change) === direction ? breaches + 1 : Math.abs(Math.sign(change));
      direction = Math.sign(change);
      if (breaches < breachPeriods || second < quietUntil) return;
      instances.set(second, instances.desired + change);
      quietUntil = second + cooldownSeconds;
    },
  };
}

export interface WorkerFleet extends Fleet {
  /**
   * @param cpuPercent average of all instances in this second
   * @param messages visible on the queue
   * @param oldestAgeSeconds of them
   */
  step(second: number, cpuPercent: number, messages: number, oldestAgeSeconds: number): void;
}

const alarmPeriodSeconds = 60;

export function createWorkerFleet(start: number, bounds: InstanceBounds, readySeconds: number): WorkerFleet {
  const instances = createInstances(start, bounds, readySeconds);
  const { cpu, backlog, age, targetTracking } = scalingPolicy.worker;
  let cpuSum = 0;
  let highFor = 0;
  let lowFor = 0;
  return {
    get inService() {
      return instances.inService;
    },
    step(second, cpuPercent, messages, oldestAgeSeconds) {
      instances.arrive(second);
      cpuSum += cpuPercent;
      if ((second + 1) % alarmPeriodSeconds !== 0) return;
      const cpuMean = cpuSum / alarmPeriodSeconds;
      cpuSum = 0;
      const { inService } = instances;
      const backlogPerInstance = messages / inService;
      const load = Math.max(cpuMean / cpu.targetPercent, backlogPerInstance / backlog.messagesPerInstance);
      highFor = load > 1 ? highFor + alarmPeriodSeconds : 0;
      lowFor = load < targetTracking.shrinkBelowFraction ? lowFor + alarmPeriodSeconds : 0;
      const tracked = Math.max(
        trackedInstances(inService, cpuMean, cpu.targetPercent),
        trackedInstances(inService, backlogPerInstance, backlog.messagesPerInstance),
      );
      if (highFor >= targetTracking.growAfterSeconds) instances.set(second, Math.max(tracked, instances.desired));
      else if ((second + 1) % age.periodSeconds === 0 && ageStep(oldestAgeSeconds) > 0) {
        instances.set(second, instances.desired + ageStep(oldestAgeSeconds));
      } else if (lowFor >= targetTracking.shrinkAfterSeconds) {
        instances.set(second, Math.min(instances.desired, Math.max(1, tracked)));
        lowFor = 0;
      }
    },
  };
}
