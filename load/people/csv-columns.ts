/**
 * Reads the columns of a CSV file: of a list that was written in a spreadsheet, or of our own export, from which attributes
 * of the stored record are dropped and the guard against formulas is removed.
 */
import { TurnoutError } from "../../shared/errors.ts";
import { submittedAnswers } from "../../shared/registration/consent.ts";
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

/** @returns whether the file is our own export, recognised by columns that no list of people has */
function isExport(names: readonly string[], event: EventDefinition): boolean {
  const fields = new Set(event.fields.map(({ id }) => id));
  return names.some(
    (name) =>
      fieldOfColumn(name) !== undefined || ((recordAttributes.has(name) || name === restColumn) && !fields.has(name)),
  );
}

/** @returns answers to fields that the event no longer has; undefined if the cell is not a JSON object */
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
 * @param unusable makes the error for a file that cannot be used, from the reason
 * @throws what `unusable` made, when a column is missing, repeated, or not a field of the event
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
  /** Spreadsheets write as many delimiters as their widest row needs. */
  const nameless: number[] = [];
  const errors = [
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
    else if (field === undefined) errors.push(`the event has no field ${JSON.stringify(id)}`);
    else answers.push({ index, field });
  }
  if (errors.length > 0) {
    const known = ["email", "name", ...event.fields.map(({ id }) => id)].join(", ");
    throw unusable(`${errors.join("; ")}. Its first line must name its columns, of these: ${known}.`);
  }

  return {
    read(cells) {
      const surplus = cells.slice(names.length).some((cell) => cell.trim() !== "");
      const missing = names.slice(cells.length).some((text) => text !== "");
      if (surplus || missing) return { reasons: [`has ${cells.length} cells, but the header has ${names.length}`] };
      const stray = nameless.find((index) => (cells[index] ?? "").trim() !== "");
      if (stray !== undefined) return { reasons: [`has a cell ${stray + 1}, for which the header has no name`] };
      const text = (index: number) => (ours ? unguardFormulas(cells[index] ?? "") : (cells[index] ?? ""));
      const others = rest < 0 ? {} : restOf(text(rest));
      if (others === undefined) return { reasons: [`has something other than a JSON object in ${restColumn}`] };
      const given = answers.flatMap(({ index, field }) => {
        const cell = text(index);
        return cell.trim() === "" ? [] : [[field.id, answerOf(field, cell, delimiter)] as const];
      });
      return {
        submission: {
          email: text(email),
          name: text(name),
          answers: { ...submittedAnswers(others, event), ...Object.fromEntries(given) },
        },
      };
    },
  };
}
