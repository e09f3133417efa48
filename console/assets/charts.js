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

/** The zone in which the whole console shows times, whatever the browser's own is. */
const timeZone = document.querySelector("[data-zone]")?.getAttribute("data-zone") ?? "UTC";
const clockFormat = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
/** As on the server: each of these languages abbreviates the zones of its own part of the world alone. */
const named = ["en-GB", "en-US", "en-AU"].map((locale) => {
  return new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "short" });
});

/** @param {number} seconds since the epoch */
function clock(seconds) {
  return clockFormat.format(seconds * 1_000);
}

/** @param {number} seconds since the epoch @returns such as `18:04 CEST` */
function namedClock(seconds) {
  const names = named.map(
    (format) => format.formatToParts(seconds * 1_000).find(({ type }) => type === "timeZoneName")?.value ?? timeZone,
  );
  return `${clock(seconds)} ${names.find((name) => !/^GMT[+-]/.test(name)) ?? names[0]}`;
}

/** @param {typeof charts[number]} chart @param {HTMLElement} place @param {Columns} columns */
function draw({ lines, unit }, place, columns) {
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  const now = Date.now() / 1_000;
  return new UPlot(
    {
      width: place.clientWidth,
      height,
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
      hooks: { setCursor: [(plot) => tell(plot, lines, unit)] },
      legend: { show: false },
      tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1_000), timeZone),
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
 * Shows the values under the pointer, or where the arrow keys have moved to, above the plot.
 * @param {UPlot} plot @param {Line[]} lines @param {(value: number) => string} unit
 */
function tell({ cursor, data, root }, lines, unit) {
  const place = root.closest("figure")?.querySelector("[data-values]");
  if (!place) return;
  const index = cursor.idx;
  const at = index === null || index === undefined ? undefined : data[0][index];
  const values = lines.map(({ label }, line) => {
    const value = data[line + 1]?.[index ?? 0];
    return `${label} ${value === null || value === undefined ? "unknown" : unit(value)}`;
  });
  place.textContent = at === undefined ? "" : `${namedClock(at)}: ${values.join(", ")}`;
}

/**
 * Moves through the values of a chart by keys: an arrow by one, with Shift by ten; Home and End; Escape leaves.
 * @param {KeyboardEvent} event @param {UPlot | undefined} plot
 */
function moveByKey(event, plot) {
  if (!plot) return;
  const last = plot.data[0].length - 1;
  const current = plot.cursor.idx ?? last + 1;
  const step = event.shiftKey ? 10 : 1;
  const moves = { ArrowLeft: current - step, ArrowRight: current + step, Home: 0, End: last };
  const to = moves[/** @type {keyof typeof moves} */ (event.key)];
  if (event.key === "Escape") plot.setCursor({ left: -10, top: -10 });
  if (to === undefined || last < 0) return;
  event.preventDefault();
  const at = plot.data[0][Math.max(0, Math.min(last, to))];
  plot.setCursor({ left: plot.valToPos(at ?? 0, "x"), top: 0 });
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
  /** @type {WeakSet<HTMLElement>} */
  const heard = new WeakSet();

  function redraw() {
    for (const { plot } of drawn) plot.destroy();
    drawn = charts.flatMap((chart) => {
      const place = document.querySelector(`[data-chart="${chart.id}"] .plot`);
      if (!(place instanceof HTMLElement)) return [];
      place.setAttribute("role", "img");
      place.tabIndex = 0;
      const plot = draw(chart, place, columns);
      // Once for all plots that are drawn here, one after the other.
      if (!heard.has(place)) {
        heard.add(place);
        const current = () => drawn.find((one) => one.place === place)?.plot;
        place.addEventListener("keydown", (event) => moveByKey(event, current()));
        place.addEventListener("blur", () => current()?.setCursor({ left: -10, top: -10 }));
      }
      return [{ chart, place, plot }];
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
