/** Borderless text tables. */
import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { plain } from "../shared/process/terminal-text.ts";

/** Painted cells are sanitised first: the colour is ours, the text may not be. */
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
 * @param head column titles, may be painted
 * @param rows untrusted cells
 * @param lineWidth characters; the last column is cut so that a row fits; Infinity cuts nothing
 * @returns lines with their ends; numeric columns are right-aligned
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
