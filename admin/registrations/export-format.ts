/** The two export formats. */
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { byteOrderMark, csvLine } from "./csv.ts";
import { answerColumn, fixedColumns, restColumn } from "./file-columns.ts";
import type { StoredRegistration } from "./stored-registration.ts";

export const exportFormats = ["csv", "jsonl"] as const;
export type ExportFormatName = (typeof exportFormats)[number];

export interface ExportFormat {
  /** Start of the file. */
  readonly head: string;
  line(registration: StoredRegistration): string;
}

/** One column per event field; other answers go into the last one, as JSON. */
function createCsvFormat(event: EventDefinition | undefined, start: string): ExportFormat {
  const fields = (event?.fields ?? []).map((field) => field.id);
  const known = new Set(fields);
  return {
    head: start + csvLine([...fixedColumns, ...fields.map(answerColumn), restColumn]),
    line(registration) {
      const answers: Readonly<Record<string, unknown>> = registration.answers ?? {};
      const rest = Object.entries(answers).filter(([id]) => !known.has(id));
      return csvLine([
        ...fixedColumns.map((column) => registration[column]),
        ...fields.map((id) => answers[id]),
        rest.length > 0 ? Object.fromEntries(rest) : undefined,
      ]);
    },
  };
}

const jsonLines: ExportFormat = { head: "", line: (registration) => `${JSON.stringify(registration)}\n` };

export interface ExportFormatOptions {
  /** Start CSV with U+FEFF, so that spreadsheets recognise UTF-8. Default: true. */
  readonly startWithByteOrderMark?: boolean;
}

/** @param event defines the CSV columns; undefined puts all answers into one */
export function createExportFormat(
  name: ExportFormatName,
  event: EventDefinition | undefined,
  { startWithByteOrderMark = true }: ExportFormatOptions = {},
): ExportFormat {
  return name === "csv" ? createCsvFormat(event, startWithByteOrderMark ? byteOrderMark : "") : jsonLines;
}
