/**
 * Which column of a CSV file holds what: those of a list that somebody wrote in a spreadsheet, and those of our own export,
 * whose record of the table is passed over and whose guard against formulas is taken off again.
 */
import { TurnoutError } from "../../shared/errors.ts";
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import { unguardFormulas } from "../../admin/registrations/csv.ts";
import { fieldOfColumn, recordAttributes, restColumn } from "../../admin/registrations/file-columns.ts";
import { answerOf } from "./cell-value.ts";

export type RowResult = { readonly submission: unknown } | { readonly reasons: readonly string[] };

export interface Columns {
  /** @param cells of one row @returns the registration as it is to be sent, or why there is none */
  read(cells: readonly string[]): RowResult;
}

interface AnswerColumn {
  readonly index: number;
  readonly field: EventField;
}

/** @returns whether the file is our own export: only that has columns which no list of people needs */
function isExport(names: readonly string[], event: EventDefinition): boolean {
  const fields = new Set(event.fields.map(({ id }) => id));
  return names.some(
    (name) =>
      fieldOfColumn(name) !== undefined || ((recordAttributes.has(name) || name === restColumn) && !fields.has(name)),
  );
}

/** @returns the answers to what is no field; undefined where the cell holds something else */
function restOf(cell: string): object | undefined {
  if (cell.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(cell);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param header the cells of the line that names the columns
 * @param unusable makes the error of a file that cannot be used, out of why
 * @throws what `unusable` made, when a column is missing, there twice, or no field of the event
 */
export function readHeader(
  header: readonly string[],
  event: EventDefinition,
  delimiter: string,
  unusable: (why: string) => TurnoutError,
): Columns {
  const names = header.map((name) => name.trim());
  const ours = isExport(names, event);
  const email = names.findIndex((name) => name.toLowerCase() === "email");
  const name = names.findIndex((text) => text.toLowerCase() === "name");
  const rest = ours ? names.indexOf(restColumn) : -1;
  const answers: AnswerColumn[] = [];
  /** Spreadsheets write as many signs as their widest row needs. */
  const nameless: number[] = [];
  const faults = [
    ...(email < 0 ? ["it has no column email"] : []),
    ...(name < 0 ? ["it has no column name"] : []),
    ...names
      .filter((text, index) => text !== "" && names.indexOf(text) < index)
      .map((text) => `it has two columns ${text}`),
  ];
  for (const [index, text] of names.entries()) {
    if (index === email || index === name || index === rest || (ours && recordAttributes.has(text))) continue;
    const id = (ours ? fieldOfColumn(text) : undefined) ?? text;
    const field = event.fields.find((one) => one.id === id);
    if (text === "") nameless.push(index);
    else if (field === undefined) faults.push(`the event has no field ${JSON.stringify(id)}`);
    else answers.push({ index, field });
  }
  if (faults.length > 0) {
    const known = ["email", "name", ...event.fields.map(({ id }) => id)].join(", ");
    throw unusable(`${faults.join("; ")}. Its first line must name its columns, of these: ${known}.`);
  }

  return {
    read(cells) {
      const surplus = cells.slice(names.length).some((cell) => cell.trim() !== "");
      const missing = names.slice(cells.length).some((text) => text !== "");
      if (surplus || missing) return { reasons: [`has ${cells.length} cells, and the header ${names.length}`] };
      const stray = nameless.find((index) => (cells[index] ?? "").trim() !== "");
      if (stray !== undefined) return { reasons: [`has a cell ${stray + 1}, which the header gives no name`] };
      const text = (index: number) => (ours ? unguardFormulas(cells[index] ?? "") : (cells[index] ?? ""));
      const others = rest < 0 ? {} : restOf(text(rest));
      if (others === undefined) return { reasons: [`has in ${restColumn} what is no JSON object`] };
      const given = answers.flatMap(({ index, field }) => {
        const cell = text(index);
        return cell.trim() === "" ? [] : [[field.id, answerOf(field, cell, delimiter)] as const];
      });
      return {
        submission: { email: text(email), name: text(name), answers: { ...others, ...Object.fromEntries(given) } },
      };
    },
  };
}
