/** A bar chart as SVG: one bar for each variant, what is measured above all else, readable in light and dark. */
import { figure } from "./words.ts";

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The product's own, set apart from the peers. */
  readonly ours: boolean;
}

export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const width = 860;
const labelWidth = 330;
const valueWidth = 90;
const rowHeight = 26;
const barHeight = 16;
const titleHeight = 34;

export function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function chartHeight({ bars }: BarChart): number {
  return titleHeight + bars.length * rowHeight + 14;
}

function body({ title, unit, bars }: BarChart, top: number): string {
  const most = Math.max(...bars.map((bar) => bar.value));
  const room = width - labelWidth - valueWidth;
  const rows = bars.map(({ label, value, ours }, index) => {
    const y = top + titleHeight + index * rowHeight;
    const length = Math.max(1, (value / most) * room);
    const text = y + barHeight - 3;
    return (
      `<text x="${labelWidth - 10}" y="${text}" text-anchor="end"${ours ? ' class="ours"' : ""}>${escapeMarkup(label)}</text>` +
      `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" class="${ours ? "bar ours" : "bar"}"/>` +
      `<text x="${(labelWidth + length + 8).toFixed(1)}" y="${text}">${figure(value)} ${escapeMarkup(unit)}</text>`
    );
  });
  return `<text x="0" y="${top + 18}" class="title">${escapeMarkup(title)}</text>${rows.join("")}`;
}

const style =
  "text{font:13px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:15px}.ours{font-weight:600}" +
  ".bar{fill:#b0b7c3}.bar.ours{fill:#0072b2}.ground{fill:#fff}" +
  "@media(prefers-color-scheme:dark){text{fill:#e6e6e6}.bar{fill:#5c6473}.bar.ours{fill:#56b4e9}.ground{fill:#16181d}}";

/** @param charts one below the other */
export function barCharts(charts: readonly BarChart[]): string {
  const total = charts.reduce((sum, chart) => sum + chartHeight(chart), 0);
  const titles = charts.map((chart) => chart.title).join("; ");
  let top = 0;
  const parts = charts.map((chart) => {
    const part = body(chart, top);
    top += chartHeight(chart);
    return part;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" role="img" ` +
    `aria-label="${escapeMarkup(titles)}"><style>${style}</style><rect class="ground" width="${width}" height="${total}"/>` +
    `${parts.join("")}</svg>\n`
  );
}
