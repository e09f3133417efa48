/** Column names of exports, for writing and reading them back. */

/** Table attributes with a column each, in this order. */
export const fixedColumns = ["email", "name", "registrationId", "submittedAt", "storedAt"] as const;

/** Answers to unknown fields, together as JSON. */
export const restColumn = "otherAnswers";

const answersPrefix = "answers.";

/** @returns the column of a field; its name may collide with a table attribute */
export function answerColumn(fieldId: string): string {
  return isTablesOwn(fieldId) || fieldId === restColumn ? `${answersPrefix}${fieldId}` : fieldId;
}

/** @returns the field of a column that was renamed because of a collision */
export function fieldOfColumn(column: string): string | undefined {
  return column.startsWith(answersPrefix) ? column.slice(answersPrefix.length) : undefined;
}

/** Attributes that are not part of a submission, so they cannot be sent again. */
export const recordAttributes: ReadonlySet<string> = new Set([
  "registrationId",
  "submittedAt",
  "storedAt",
  "expiresAt",
]);

function isTablesOwn(column: string): boolean {
  return (fixedColumns as readonly string[]).includes(column);
}
