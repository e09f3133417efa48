/** A line chart as SVG text, without scripts and other files, for light and dark pages, readable without colour. */

export interface ChartSeries {
  readonly name: string;
  readonly values: readonly number[];
}

export interface ChartOptions {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly ChartSeries[];
  /** Time between two values. */
  readonly stepSeconds: number;
  /** Labelled vertical lines, at the index of a value. Default: none. */
  readonly marks?: readonly { readonly at: number; readonly label: string }[];
}

const width = 720;
const height = 220;
const margin = { top: 34, right: 12, bottom: 28, left: 70 };
/** The palette of Okabe and Ito can be told apart by colour-blind people, dashes by everybody. */
const strokes = [
  { colour: "#0072b2", dash: "" },
  { colour: "#d55e00", dash: "6 3" },
  { colour: "#009e73", dash: "2 3" },
  { colour: "#cc79a7", dash: "8 2 2 2" },
] as const;

export function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function readable(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString("en") : String(Math.round(value * 100) / 100);
}

function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${Math.round(seconds)} s` : `${minutes} min`;
}

/** @returns at most one point for each column: the largest of the values it covers */
function points(values: readonly number[], most: number, columns: number): string {
  const plotWidth = width - margin.left - margin.right;
  const plotHeight = height - margin.top - margin.bottom;
  const count = Math.min(columns, values.length);
  const parts: string[] = [];
  for (let column = 0; column < count; column += 1) {
    const from = Math.floor((column * values.length) / count);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / count));
    let peak = 0;
    for (let index = from; index < to; index += 1) peak = Math.max(peak, values[index] ?? 0);
    const x = margin.left + (count === 1 ? 0 : (column / (count - 1)) * plotWidth);
    const y = margin.top + plotHeight * (1 - (most === 0 ? 0 : peak / most));
    parts.push(`${x.toFixed(1)},${y.toFixed(1)}`);
  }
  return parts.join(" ");
}

export function svgChart({ title, unit, series, stepSeconds, marks = [] }: ChartOptions): string {
  const most = Math.max(0, ...series.map(({ values }) => values.reduce((max, value) => Math.max(max, value), 0)));
  const longest = Math.max(0, ...series.map(({ values }) => values.length));
  const plotHeight = height - margin.top - margin.bottom;
  const lines = series.map(({ name, values }, index) => {
    const { colour, dash } = strokes[index % strokes.length] ?? strokes[0];
    const legendX = margin.left + index * 160;
    return [
      `<polyline fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}" points="${points(values, most, 600)}"/>`,
      `<line x1="${legendX}" x2="${legendX + 22}" y1="25" y2="25" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`,
      `<text x="${legendX + 28}" y="29">${escapeMarkup(name)}</text>`,
    ].join("");
  });
  const grid = [0, 0.5, 1].map((share) => {
    const y = margin.top + plotHeight * (1 - share);
    const label = `<text x="${margin.left - 6}" y="${y + 4}" text-anchor="end">${readable(most * share)}</text>`;
    return `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y}" y2="${y}" class="grid"/>${label}`;
  });
  const columns = Math.max(1, longest - 1);
  const marked = marks.map(({ at, label }) => {
    const x = (margin.left + ((width - margin.left - margin.right) * at) / columns).toFixed(1);
    const line = `<line x1="${x}" x2="${x}" y1="${margin.top}" y2="${margin.top + plotHeight}" class="mark"/>`;
    return `${line}<text x="${Number(x) + 4}" y="${height - 8}">${escapeMarkup(label)}</text>`;
  });
  const end = clock(longest * stepSeconds);
  const summary = escapeMarkup(`${title}, in ${unit}, up to ${readable(most)}`);
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${summary}" xmlns="http://www.w3.org/2000/svg">`,
    `<text x="0" y="12" class="title">${escapeMarkup(title)} (${escapeMarkup(unit)})</text>`,
    ...grid,
    ...marked,
    ...lines,
    ...(marks.length === 0 ? [`<text x="${margin.left}" y="${height - 8}">0</text>`] : []),
    `<text x="${width - margin.right}" y="${height - 8}" text-anchor="end">${end}</text>`,
    "</svg>",
  ].join("");
}
