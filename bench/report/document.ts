/** The latest results as `docs/performance.md` shows them, between two marks: no figure there is typed by a person. */
import type { Results } from "../results.ts";
import type { EnduranceResult } from "../scenarios/endurance.ts";
import { spreadOf } from "../statistics.ts";
import { variants } from "../variants.ts";
import { withPart, type Marks } from "./marked-part.ts";
import { figure, goalCells, stepCells } from "./words.ts";

const marks: Marks = ["<!-- figures: written by npm run bench -->", "<!-- /figures -->"];
const mebibyte = 2 ** 20;

function table(heads: readonly string[], rules: string, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), rules, ...rows.map(line)].join("\n");
}

function costTable({ trials }: Results): string {
  const rows = variants.flatMap(({ name, tier, label }) => {
    const own = trials.filter((trial) => trial.variant === name);
    if (own.length === 0) return [];
    const median = (values: readonly number[]) => figure(spreadOf(values).median);
    return [[tier, label, median(own.map((t) => t.cpuMicrosPerRegistration)), median(own.map((t) => t.perSecond))]];
  });
  return table(["tier", "design", "CPU µs each", "each second"], "| --- | --- | ---: | ---: |", rows);
}

function goalTable({ goals }: Results): string {
  const rows = goals.map((goal) => [...goalCells(goal), goal.met ? "yes" : "**no**"]);
  return table(
    ["goal", "figure", "middle half of the rounds", "wanted", "met"],
    "| --- | ---: | --- | --- | --- |",
    rows,
  );
}

function overloadPart({ overload }: Results): string[] {
  if (!overload) return [];
  const rows = overload.steps.map((step) => [...stepCells(step), figure(step.ofPeak)]);
  const heads = ["too slow", "times too many", "offered/s", "accepted/s", "rejected/s", "failed"];
  return [
    "Overload: first the queue is made slow, then more and more clients ask one process.",
    table([...heads, "accepted, of the best step"], "| --- | ---: | ---: | ---: | ---: | ---: | ---: |", rows),
  ];
}

function endurancePart({ tier, windows, peakResidentBytes, growth, costOfLastToEarly }: EnduranceResult): string {
  const registrations = windows.at(-1)?.registrations ?? 0;
  return (
    `A long run of the ${tier} tier over ${registrations.toLocaleString("en")} registrations took ` +
    `${figure(peakResidentBytes / mebibyte)} MiB of memory at most, at the end ${figure(growth)} times what it was early. ` +
    `The last tenth cost ${figure(costOfLastToEarly)} times the CPU of an early one.`
  );
}

/** @returns the figures as Markdown */
export function resultDocument(results: Results): string {
  const { command, at, commit, machine, versions, rounds, modified, endurance } = results;
  return [
    "## The latest figures",
    `\`${command}\`, ${at.slice(0, 10)}, commit ${commit.slice(0, 7)}${modified ? " and changes" : ""}; ` +
      `${machine.processors} × ${machine.processor}, Node ${versions.node}; ${rounds} rounds.`,
    costTable(results),
    goalTable(results),
    ...overloadPart(results),
    ...endurance.map(endurancePart),
    "Every round is in [`bench/results.json`](../bench/results.json), and as charts in [`bench/results.svg`](../bench/results.svg).",
  ].join("\n\n");
}

/**
 * @param document that has the two marks
 * @returns it with these results between them
 * @throws Error when it has no place for them
 */
export function withResults(document: string, results: Results): string {
  return withPart(document, marks, `\n${resultDocument(results)}\n`);
}
