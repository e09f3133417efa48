/**
 * CSV (RFC 4180) that is safe in spreadsheets and can be converted back exactly. Programs may split at other characters
 * than ours, such as semicolons or any line end. So wherever a cell could begin, a formula gets a leading apostrophe,
 * which makes it text (https://owasp.org/www-community/attacks/CSV_Injection). All texts are quoted.
 */

/**
 * Where a cell may begin: at the start and after any possible separator. Blanks and quotes may be stripped first.
 * Includes full-width signs, which some spreadsheets treat alike. Existing apostrophes are counted, so that an added
 * one can be removed again.
 */
const cellStart = String.raw`((?:^|[,;|\t\n\v\f\r\u0085\u2028\u2029])[\s"]*)`;
const formula = "(?=[=+\\-@＝＋－＠])";
const unguarded = new RegExp(`${cellStart}('*${formula})`, "g");
const guarded = new RegExp(`${cellStart}'('*${formula})`, "g");

/** Makes spreadsheets read the file as UTF-8. */
export const byteOrderMark = "\ufeff";

/** @returns the text without a formula at any possible cell start */
export function guardFormulas(text: string): string {
  return text.replace(unguarded, "$1'$2");
}

/** @returns the input of `guardFormulas` */
export function unguardFormulas(text: string): string {
  return text.replace(guarded, "$1$2");
}

/** @param value numbers and ticks stay; texts are guarded and quoted; undefined is an empty cell */
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
