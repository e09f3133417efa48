/** Prometheus metrics shared by the tiers; each tier's own are in its `metrics.ts`. */
import { collectDefaultMetrics, Registry } from "prom-client";
import { exposeMachineMemory } from "./machine-memory.ts";

export { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** @returns a registry with the process metrics (CPU, memory, event loop) and the machine's memory */
export function createRegistry(tier: "web" | "worker"): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ tier });
  collectDefaultMetrics({ register: registry });
  exposeMachineMemory(registry, tier);
  return registry;
}

/** Seconds, from a fast answer to a long backlog. */
export const delayBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];
