/**
 * A plan as settings of a deployment, by the names and within the bounds of `infra/config.ts`. The two do not import each
 * other; a test gives these to the deployment's own check.
 */
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import type { Settings } from "./planner.ts";
import type { InstanceType } from "./prices.ts";

export interface DeployableSetting {
  readonly name: string;
  readonly value: string | number;
  /** What a deployment has without it. */
  readonly preset: string | number;
  /** For people. */
  readonly meaning: string;
}

/** What a deployment takes at most. */
export const settingBounds = { instances: 1_000, warmWritesPerSecond: 40_000 } as const;

const presetType = "c7g.medium";
const presetWarmWrites = 4_000;

export function deployableSettings(
  { webInstances, workerInstances, warmWritesPerSecond }: Settings,
  webType: InstanceType,
  workerType: InstanceType,
): DeployableSetting[] {
  const { web, worker, rush } = scalingPolicy;
  return [
    { name: "webInstanceType", value: webType, preset: presetType, meaning: "EC2 type of the web tier" },
    {
      name: "webRushInstances",
      value: webInstances,
      preset: rush.webInstances,
      meaning: "instances that wait for the opening",
    },
    {
      name: "webMaxInstances",
      value: Math.max(web.maxInstances, webInstances),
      preset: web.maxInstances,
      meaning: "most at any time",
    },
    { name: "workerInstanceType", value: workerType, preset: presetType, meaning: "EC2 type of the worker tier" },
    {
      name: "workerRushInstances",
      value: workerInstances,
      preset: rush.workerInstances,
      meaning: "instances that wait for the opening",
    },
    {
      name: "workerMaxInstances",
      value: Math.max(worker.maxInstances, workerInstances),
      preset: worker.maxInstances,
      meaning: "most at any time",
    },
    {
      name: "tableWarmWritesPerSecond",
      value: warmWritesPerSecond,
      preset: presetWarmWrites,
      meaning: "writes that the table takes at once; can't be lowered again",
    },
  ];
}

/** @returns the command that deploys them, beside the deployment's other settings */
export function deployCommand(settings: readonly DeployableSetting[]): string {
  const changed = settings.filter(({ value, preset }) => value !== preset);
  if (changed.length === 0) return "npm run deploy";
  return ["npm run deploy --", ...changed.map(({ name, value }) => `-c ${name}=${value}`)].join(" ");
}
