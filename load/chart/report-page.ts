/** One HTML file with tables and charts that loads nothing, so that it can be mailed and kept. A browser prints it. */
import { escapeMarkup, svgChart, type ChartOptions } from "./svg-chart.ts";

export interface ReportTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Report {
  readonly title: string;
  /** Paragraphs before the tables. */
  readonly summary: readonly string[];
  readonly tables: readonly ReportTable[];
  readonly charts: readonly ChartOptions[];
}

const style = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8885;vertical-align:top}
.scroll{overflow-x:auto}svg{width:100%;height:auto;margin-top:1rem}
svg text{font:12px system-ui,sans-serif;fill:currentColor}svg .title{font-weight:600}svg .grid{stroke:#8886}svg .mark{stroke:#8886;stroke-dasharray:2 3}
@media print{body{max-width:none;margin:0}svg,tr{break-inside:avoid}}`;

function table({ title, head, rows }: ReportTable): string {
  const cells = (row: readonly string[], tag: string) =>
    `<tr>${row.map((cell) => `<${tag}>${escapeMarkup(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => cells(row, "td")).join("");
  return `<h2>${escapeMarkup(title)}</h2><div class="scroll"><table><thead>${cells(head, "th")}</thead><tbody>${body}</tbody></table></div>`;
}

export function reportPage({ title, summary, tables, charts }: Report): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeMarkup(title)}</title><style>${style}</style></head><body><main>`,
    `<h1>${escapeMarkup(title)}</h1>`,
    ...summary.map((paragraph) => `<p>${escapeMarkup(paragraph)}</p>`),
    ...tables.map(table),
    ...charts.map(svgChart),
    "</main></body></html>\n",
  ].join("\n");
}
