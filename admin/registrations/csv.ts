/**
 * CSV (RFC 4180) that a spreadsheet can open without harm: a text that a spreadsheet would take for a formula gets an
 * apostrophe in front, which makes it text (https://owasp.org/www-community/attacks/CSV_Injection).
 */

/** The full-width forms as well: spreadsheets of some languages read them alike. */
const startsFormula = /^[=+\-@\t\r\n＝＋－＠]/;
const needsQuotes = /[",\r\n]/;

/** @param value a number or a tick stands as it is; a text is made harmless; nothing is an empty cell */
export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const harmless = startsFormula.test(text) ? `'${text}` : text;
  return needsQuotes.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** @returns one line, its end included */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvCell).join(",")}\r\n`;
}
