/** The results as tables for a terminal. */
import Table from "cli-table3";
import type { Results } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { variants } from "../variants.ts";
import { figure, goalCells, stepCells } from "./words.ts";

const plain = { head: [], border: [] };
const mebibyte = 2 ** 20;

/** @returns text, with a line feed at the end */
export function resultTables({ trials, goals, embedded, overload, quick }: Results): string {
  const parts: string[] = [];
  const measured = variants.filter(({ name }) => trials.some((trial) => trial.variant === name));
  if (measured.length > 0) {
    const table = new Table({
      style: plain,
      head: ["variant", "", "CPU µs", "quarter to quarter", "per second", "p99 ms", "MiB"],
    });
    for (const { name, label } of measured) {
      const own = trials.filter((trial) => trial.variant === name);
      const of = (read: (trial: (typeof own)[number]) => number) => spreadOf(own.map(read));
      const cpu = of((trial) => trial.cpuMicrosPerRegistration);
      const p99 = own[0]?.latency ? figure(of((trial) => trial.latency?.p99 ?? NaN).median) : "";
      table.push([
        name,
        label,
        figure(cpu.median),
        `${figure(cpu.low)} to ${figure(cpu.high)}`,
        figure(of((trial) => trial.perSecond).median),
        p99,
        figure(of((trial) => trial.peakResidentBytes / mebibyte).median),
      ]);
    }
    parts.push(
      `CPU time for each registration, of the process under test and of the nginx before it:\n${table.toString()}`,
    );
  }
  if (embedded.length > 0) {
    const table = new Table({ style: plain, head: ["on the embedded engines", "web CPU µs", "worker CPU µs"] });
    for (const web of new Set(embedded.map((trial) => trial.web))) {
      const own = embedded.filter((trial) => trial.web === web);
      table.push([
        `${web} and ${own[0]?.worker ?? ""}`,
        figure(spreadOf(own.map((trial) => trial.webCpuMicros)).median),
        figure(spreadOf(own.map((trial) => trial.workerCpuMicros)).median),
      ]);
    }
    parts.push(table.toString());
  }
  if (overload) {
    const table = new Table({
      style: plain,
      head: ["too slow", "multiple", "offered/s", "accepted/s", "rejected/s", "failed", "p99 ms", "of the best"],
    });
    for (const step of overload.steps) {
      table.push([...stepCells(step), figure(step.p99Ms), figure(step.ofPeak)]);
    }
    parts.push(table.toString());
  }
  if (goals.length > 0) {
    const table = new Table({ style: plain, head: ["goal", "median", "quarter to quarter", "wanted", ""] });
    for (const goal of goals) table.push([...goalCells(goal), goal.met ? "met" : "NOT met"]);
    parts.push(table.toString());
  }
  if (quick) parts.push("This was a quick run: every variant works; the figures mean nothing.");
  return `${parts.join("\n\n")}\n`;
}
