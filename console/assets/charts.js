/** Draws the last hour: three small charts with the same time axis, in the colours of the page. */
import UPlot from "./uplot.js";

const spanSeconds = 3_600;
const height = 176;

/** @typedef {Record<string, (number | null)[]>} Columns */
/** @typedef {{ name: string, label: string, dashed?: boolean }} Line */

/** @type {{ id: string, lines: Line[], unit: (value: number) => string }[]} */
const charts = [
  { id: "waiting", lines: [{ name: "people", label: "people" }], unit: brief },
  {
    id: "rates",
    lines: [
      { name: "acceptedPerSecond", label: "accepted" },
      { name: "storedPerSecond", label: "stored", dashed: true },
    ],
    unit: brief,
  },
  { id: "oldest", lines: [{ name: "oldestAgeSeconds", label: "wait" }], unit: duration },
];

/** @param {number} value */
function brief(value) {
  return Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds >= 3_600) return `${brief(seconds / 3_600)} h`;
  return seconds >= 60 ? `${brief(seconds / 60)} min` : `${brief(seconds)} s`;
}

/** @param {string} name of a CSS variable */
function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {number} seconds since the epoch */
function clock(seconds) {
  return new Date(seconds * 1_000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** @param {typeof charts[number]} chart @param {HTMLElement} place @param {Columns} columns */
function draw({ lines, unit }, place, columns) {
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  const now = Date.now() / 1_000;
  return new UPlot(
    {
      width: place.clientWidth,
      height,
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: true, range: (_plot, _from, to) => span(columns, to ?? now) },
        y: { range: (_plot, _from, to) => [0, to > 0 ? to * 1.1 : 1] },
      },
      axes: [
        { ...axis, values: (_plot, splits) => splits.map(clock), space: 70, size: 28 },
        { ...axis, values: (_plot, splits) => splits.map(unit), size: 56 },
      ],
      series: [
        {},
        ...lines.map(({ label, dashed }) => ({
          label,
          width: 2,
          stroke: color(dashed ? "--series-b" : "--series-a"),
          points: { show: false },
          ...(dashed ? { dash: [7, 4] } : { fill: `${color("--series-a")}22` }),
        })),
      ],
    },
    dataOf(lines, columns),
    place,
  );
}

/**
 * Shows the few minutes of a console that was just started over the whole width.
 * @param {Columns} columns @param {number} to
 * @returns {[from: number, to: number]}
 */
function span({ at = [] }, to) {
  const since = at[0] ?? to;
  return [Math.max(to - spanSeconds, Math.min(since, to - 120)), to];
}

/** @param {Line[]} lines @param {Columns} columns */
function dataOf(lines, columns) {
  const data = [columns.at ?? [], ...lines.map(({ name }) => columns[name] ?? [])];
  return /** @type {UPlot.AlignedData} */ (/** @type {unknown} */ (data));
}

/** @param {typeof charts[number]} chart @param {Columns} columns @returns the text for screen readers */
function describe({ lines, unit }, columns) {
  const parts = lines.map(({ name, label }) => {
    const known = (columns[name] ?? []).filter((value) => value !== null);
    const last = known.at(-1);
    return last === undefined
      ? `${label}: nothing known yet`
      : `${label}: now ${unit(last)}, at most ${unit(Math.max(...known))}`;
  });
  return parts.join("; ");
}

export function createCharts() {
  /** @type {Columns} */
  let columns = {};
  /** @type {{ chart: typeof charts[number], place: HTMLElement, plot: any }[]} */
  let drawn = [];

  function redraw() {
    for (const { plot } of drawn) plot.destroy();
    drawn = charts.flatMap((chart) => {
      const place = document.querySelector(`[data-chart="${chart.id}"] .plot`);
      if (!(place instanceof HTMLElement)) return [];
      place.setAttribute("role", "img");
      return [{ chart, place, plot: draw(chart, place, columns) }];
    });
    label();
  }

  function label() {
    for (const { chart, place } of drawn) place.setAttribute("aria-label", describe(chart, columns));
  }

  // The colours of the page differ in dark mode.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("resize", () => {
    for (const { place, plot } of drawn) plot.setSize({ width: place.clientWidth, height });
  });

  return {
    /** @param {Columns} given */
    load(given) {
      columns = given;
      redraw();
    },
    /** @param {Record<string, number | null>} point */
    add(point) {
      if (drawn.length === 0) return;
      const oldest = (point.at ?? 0) - spanSeconds;
      for (const [name, values] of Object.entries(columns)) values.push(point[name] ?? null);
      while ((columns.at?.[0] ?? Infinity) < oldest) for (const values of Object.values(columns)) values.shift();
      for (const { chart, plot } of drawn) plot.setData(dataOf(chart.lines, columns));
      label();
    },
  };
}
