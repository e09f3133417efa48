/** The memory of the machine that a tier runs on. AWS measures CPU and network of an instance from outside, memory not. */
import { freemem, totalmem } from "node:os";
import { Gauge, type Registry } from "prom-client";

/** By tier, because the figures of one deployment share their other labels in CloudWatch. */
export const machineMemoryFigures = {
  web: "turnout_web_memory_used_percent",
  worker: "turnout_worker_memory_used_percent",
} as const;

/** @returns percent, 0 to 100; what the kernel can free at once, such as caches, is not used */
function memoryUsedPercent(): number {
  return 100 * (1 - freemem() / totalmem());
}

export function exposeMachineMemory(registry: Registry, tier: keyof typeof machineMemoryFigures): void {
  new Gauge({
    name: machineMemoryFigures[tier],
    help: "Memory of the machine in use, percent",
    registers: [registry],
    collect() {
      this.set(memoryUsedPercent());
    },
  });
}
