/** The results as one HTML page with nothing to load, and the charts alone as SVG for documents. */
import type { Results } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { variants, type TierName } from "../variants.ts";
import { barCharts, escapeMarkup, type BarChart } from "./bar-chart.ts";
import { figure, goalCells } from "./words.ts";

function tierChart({ trials }: Results, tier: TierName): BarChart | undefined {
  const bars = variants
    .filter((variant) => variant.tier === tier && trials.some((trial) => trial.variant === variant.name))
    .map(({ name, label, script }) => ({
      label,
      ours: !script.startsWith("bench/"),
      value: spreadOf(trials.filter((t) => t.variant === name).map((t) => t.cpuMicrosPerRegistration)).median,
    }));
  const title = `CPU time for each registration, ${tier} tier (less is better)`;
  return bars.length === 0 ? undefined : { title, unit: "µs", bars };
}

/** @returns undefined when nothing was measured that has a chart */
export function resultCharts(results: Results): string | undefined {
  const charts = (["web", "worker"] as const).flatMap((tier) => tierChart(results, tier) ?? []);
  return charts.length === 0 ? undefined : barCharts(charts);
}

const style =
  ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}" +
  "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8885}" +
  "h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}.scroll{overflow-x:auto}svg{max-width:100%;height:auto}";

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeMarkup(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line(row, "td")).join("");
  return `<h2>${title}</h2><div class="scroll"><table>${line(head, "th")}${body}</table></div>`;
}

export function resultPage(results: Results): string {
  const { at, command, commit, machine, versions, goals, overload, endurance, rounds, quick, pinning } = results;
  const goalRows = goals.map((goal) => [...goalCells(goal), goal.met ? "met" : "not met"]);
  const overloadRows = (overload?.steps ?? []).map((step) => [
    step.limit,
    `${step.multiple} ×`,
    figure(step.offeredPerSecond),
    figure(step.acceptedPerSecond),
    figure(step.shedPerSecond),
    figure(step.ofPeak),
  ]);
  const enduranceRows = endurance.flatMap(({ tier, windows }) =>
    windows.map((window) => [
      tier,
      window.registrations.toLocaleString("en"),
      figure(window.cpuMicrosPerRegistration),
      figure(window.residentBytes / 2 ** 20),
    ]),
  );
  const versionText = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Turnout: benchmark</title><style>${style}</style></head><body><h1>Turnout beside the usual designs</h1>`,
    quick ? "<p><strong>A quick run: its figures mean nothing.</strong></p>" : "",
    `<p>${escapeMarkup(`${at}, ${rounds} paired rounds, commit ${commit.slice(0, 12)}: ${command}`)}</p>`,
    `<p>${escapeMarkup(`${machine.processor}, ${machine.processors} processors, ${machine.memoryGiB} GiB, ${machine.system}; ${pinning}; load before ${machine.loadBefore}`)}</p>`,
    `<p>${escapeMarkup(versionText)}</p>`,
    resultCharts(results) ?? "",
    table("Goals", ["goal", "median", "quarter to quarter", "wanted", ""], goalRows),
    table("Overload", ["too slow", "multiple", "offered/s", "accepted/s", "rejected/s", "of the best"], overloadRows),
    table("Long run", ["tier", "registrations", "CPU µs", "MiB resident"], enduranceRows),
    "</body></html>\n",
  ].join("\n");
}
