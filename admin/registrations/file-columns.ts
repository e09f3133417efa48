/** What an export calls its columns, so that whoever reads one back knows them. */

/** Attributes of the table that each have a column, in this order. */
export const fixedColumns = ["email", "name", "registrationId", "submittedAt", "storedAt"] as const;

/** Answers to what is no field of the event stand together in it, as JSON. */
export const restColumn = "otherAnswers";

const answersPrefix = "answers.";

/** @returns the column of a field's answers: a field may be called as one of the table's own attributes is */
export function answerColumn(fieldId: string): string {
  return isTablesOwn(fieldId) || fieldId === restColumn ? `${answersPrefix}${fieldId}` : fieldId;
}

/** @returns the field whose answers a column holds, if it is one of those that had to be told apart */
export function fieldOfColumn(column: string): string | undefined {
  return column.startsWith(answersPrefix) ? column.slice(answersPrefix.length) : undefined;
}

/** What the table knows of a registration beside what its attendee said; nobody can hand it in again. */
export const recordAttributes: ReadonlySet<string> = new Set([
  "registrationId",
  "submittedAt",
  "storedAt",
  "expiresAt",
]);

function isTablesOwn(column: string): boolean {
  return (fixedColumns as readonly string[]).includes(column);
}
