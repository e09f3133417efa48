/** Column names of exports, for writing and reading them back. */

/** Table attributes with a column each, in this order. */
export const fixedColumns = ["email", "name", "registrationId", "submittedAt", "storedAt"] as const;

/** The same, after all others: files of earlier versions have their columns in the same order. */
export const lastColumns = ["changedAt", "language"] as const;

/** The last one: not in the table, but derived from the registration's id. */
export const referenceColumn = "reference";

/** Answers to unknown fields, together as JSON. */
export const restColumn = "otherAnswers";

/** Between several chosen options; none of them has a semicolon. */
const choicesSeparator = "; ";

/** @returns the cell of an answer: several chosen options as one text */
export function answerCell(answer: unknown): unknown {
  return Array.isArray(answer) ? answer.join(choicesSeparator) : answer;
}

/** @returns the options of a cell, however the separator was spelled */
export function choicesOf(cell: string): string[] {
  return cell
    .split(";")
    .map((option) => option.trim())
    .filter((option) => option !== "");
}

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
  "language",
  "changedAt",
  "mailbox",
  "expiresAt",
  referenceColumn,
]);

function isTablesOwn(column: string): boolean {
  return [...fixedColumns, ...lastColumns, referenceColumn].some((own) => own === column);
}
