/** Tables as text, without lines. */
import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { plain } from "../shared/process/terminal-text.ts";

/** What is painted is made plain first: colour is ours, the text may be anybody's. */
export type Cell = string | number | { readonly text: string; readonly paint: (text: string) => string };

const noLines = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

const gap = noLines.middle.length;
const minLastWidth = 20;

function textOf(cell: Cell): string {
  if (typeof cell === "number") return String(cell);
  return plain(typeof cell === "string" ? cell : cell.text);
}

/**
 * @param head titles of the columns, which may be painted
 * @param rows cells, whatever stands in them
 * @param lineWidth of a line, in characters: the last column is cut so that a row is one line; Infinity cuts nothing
 * @returns lines, each with its end; a column of nothing but numbers stands to the right
 */
export function formatTable(head: readonly string[], rows: readonly (readonly Cell[])[], lineWidth: number): string {
  const texts = rows.map((row) => row.map(textOf));
  const last = head.length - 1;
  const taken = head
    .slice(0, last)
    .map((title, column) => {
      const widest = stripVTControlCharacters(title).length;
      return texts.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), widest);
    })
    .reduce((total, width) => total + width + gap, 0);
  const left = Math.max(minLastWidth, lineWidth - taken);

  function show(cell: Cell, text: string, column: number): string {
    const fitting = column === last && text.length > left ? `${text.slice(0, left - 1)}…` : text;
    return typeof cell === "object" ? cell.paint(fitting) : fitting;
  }

  const table = new Table({
    head: [...head],
    chars: noLines,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map((_, column) => (rows.every((row) => typeof row[column] === "number") ? "right" : "left")),
  });
  table.push(...rows.map((row, index) => row.map((cell, column) => show(cell, texts[index]?.[column] ?? "", column))));
  return table
    .toString()
    .split("\n")
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
