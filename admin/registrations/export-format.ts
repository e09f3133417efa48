/** The two formats of an export: what each item of the table becomes in the file. */
import type { EventDefinition } from "../../shared/event-definition.ts";
import { csvLine } from "./csv.ts";
import type { StoredRegistration } from "./stored-registration.ts";

export const exportFormats = ["csv", "jsonl"] as const;
export type ExportFormatName = (typeof exportFormats)[number];

export interface ExportFormat {
  /** What the file starts with. */
  readonly head: string;
  line(registration: StoredRegistration): string;
}

const fixedColumns = ["email", "name", "registrationId", "submittedAt", "storedAt"] as const;
const restColumn = "otherAnswers";

/** One column for each of the event's fields; answers to anything else stand together, as JSON, in the last one. */
function createCsvFormat(event: EventDefinition | undefined): ExportFormat {
  const fields = (event?.fields ?? []).map((field) => field.id);
  const known = new Set(fields);
  // A field may be called as one of the table's own attributes is.
  const columns = fields.map((id) => ((fixedColumns as readonly string[]).includes(id) ? `answers.${id}` : id));
  return {
    head: csvLine([...fixedColumns, ...columns, restColumn]),
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

/** @param event gives CSV its columns; undefined puts all answers into one */
export function createExportFormat(name: ExportFormatName, event: EventDefinition | undefined): ExportFormat {
  return name === "csv" ? createCsvFormat(event) : jsonLines;
}
