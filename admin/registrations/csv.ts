/**
 * CSV (RFC 4180) that a spreadsheet can open without harm, and its exact way back. A spreadsheet may read the file at another
 * sign than ours: half of Europe's part cells at semicolons, and a program may end a row at any line end. So a text is
 * looked at wherever one of them could begin a cell, and a formula there gets an apostrophe in front, which makes it text
 * (https://owasp.org/www-community/attacks/CSV_Injection). Every text is quoted.
 */

/**
 * Where a cell may begin: at the start, and after anything that some program takes for the end of one. Blanks and quotation
 * marks may be taken off before the cell is judged. Full-width signs as well: spreadsheets of some languages read them alike.
 * Apostrophes that stand there already are counted in, so that one more can be told from them.
 */
const cellStart = String.raw`((?:^|[,;|\t\n\v\f\r\u0085\u2028\u2029])[\s"]*)`;
const formula = "(?=[=+\\-@＝＋－＠])";
const unguarded = new RegExp(`${cellStart}('*${formula})`, "g");
const guarded = new RegExp(`${cellStart}'('*${formula})`, "g");

/** Makes spreadsheets read UTF-8 as UTF-8. */
export const byteOrderMark = "\ufeff";

/** @returns a text in which no cell starts a formula, however it is cut into cells */
export function guardFormulas(text: string): string {
  return text.replace(unguarded, "$1'$2");
}

/** @returns what `guardFormulas` was given */
export function unguardFormulas(text: string): string {
  return text.replace(guarded, "$1$2");
}

/** @param value a number or a tick stands as it is; a text is made harmless and quoted; nothing is an empty cell */
export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `"${guardFormulas(text).replaceAll('"', '""')}"`;
}

/** @returns one line, its end included */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvCell).join(",")}\r\n`;
}
