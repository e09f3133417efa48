/** The two formats of an export: what each item of the table becomes in the file. */
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { byteOrderMark, csvLine } from "./csv.ts";
import { answerColumn, fixedColumns, restColumn } from "./file-columns.ts";
import type { StoredRegistration } from "./stored-registration.ts";

export const exportFormats = ["csv", "jsonl"] as const;
export type ExportFormatName = (typeof exportFormats)[number];

export interface ExportFormat {
  /** What the file starts with. */
  readonly head: string;
  line(registration: StoredRegistration): string;
}

/** One column for each of the event's fields; answers to anything else stand together, as JSON, in the last one. */
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
  /** Begin CSV with U+FEFF, without which spreadsheets take it for another encoding. Default: true. */
  readonly startWithByteOrderMark?: boolean;
}

/** @param event gives CSV its columns; undefined puts all answers into one */
export function createExportFormat(
  name: ExportFormatName,
  event: EventDefinition | undefined,
  { startWithByteOrderMark = true }: ExportFormatOptions = {},
): ExportFormat {
  return name === "csv" ? createCsvFormat(event, startWithByteOrderMark ? byteOrderMark : "") : jsonLines;
}
