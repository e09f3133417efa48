/** The two export formats. */
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { createExpiredFields, withoutExpiredAnswers } from "../../shared/registration/answer-expiry.ts";
import { referenceOf } from "../../shared/registration/reference.ts";
import { byteOrderMark, csvLine } from "./csv.ts";
import { answerCell, answerColumn, fixedColumns, lastColumns, referenceColumn, restColumn } from "./file-columns.ts";
import type { StoredRegistration } from "./stored-registration.ts";

export const exportFormats = ["csv", "jsonl"] as const;
export type ExportFormatName = (typeof exportFormats)[number];

export interface ExportFormat {
  /** Start of the file. */
  readonly head: string;
  line(registration: StoredRegistration): string;
}

/** @returns a registration without answers that have expired */
type Current = (registration: StoredRegistration) => StoredRegistration;

/** One column per event field; other answers go into one of their own, as JSON. */
function createCsvFormat(event: EventDefinition | undefined, current: Current, start: string): ExportFormat {
  const fields = (event?.fields ?? []).map((field) => field.id);
  const known = new Set(fields);
  return {
    head: start + csvLine([...fixedColumns, ...fields.map(answerColumn), restColumn, ...lastColumns, referenceColumn]),
    line(stored) {
      const registration = current(stored);
      const answers: Readonly<Record<string, unknown>> = registration.answers ?? {};
      const rest = Object.entries(answers).filter(([id]) => !known.has(id));
      return csvLine([
        ...fixedColumns.map((column) => registration[column]),
        ...fields.map((id) => answerCell(answers[id])),
        rest.length > 0 ? Object.fromEntries(rest) : undefined,
        ...lastColumns.map((column) => registration[column]),
        referenceOf(registration.registrationId),
      ]);
    },
  };
}

function createJsonLines(current: Current): ExportFormat {
  return {
    head: "",
    line(stored) {
      const registration = current(stored);
      return `${JSON.stringify({ ...registration, [referenceColumn]: referenceOf(registration.registrationId) })}\n`;
    },
  };
}

export interface ExportFormatOptions {
  /** Start CSV with U+FEFF, so that spreadsheets recognise UTF-8. Default: true. */
  readonly startWithByteOrderMark?: boolean;
  /** Decides which answers have expired: milliseconds since the epoch. Default: the system's. */
  readonly wallClock?: () => number;
}

/** @param event defines the CSV columns and which answers expire; undefined puts all answers into one */
export function createExportFormat(
  name: ExportFormatName,
  event: EventDefinition | undefined,
  { startWithByteOrderMark = true, wallClock = Date.now }: ExportFormatOptions = {},
): ExportFormat {
  const expired = createExpiredFields(event);
  const current: Current = (registration) => withoutExpiredAnswers(registration, expired(wallClock()));
  return name === "csv"
    ? createCsvFormat(event, current, startWithByteOrderMark ? byteOrderMark : "")
    : createJsonLines(current);
}
