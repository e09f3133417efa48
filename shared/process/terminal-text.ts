/**
 * Makes untrusted text safe for a terminal: replaces control characters, direction changes, line ends and invisible
 * characters, so that no name can control or mislead an operator's terminal.
 */

/**
 * Controls (U+009B starts a command like ESC [), format characters such as U+061C and zero-width ones, line and
 * paragraph separators, lone surrogates, and everything invisible by Unicode. Recommended emoji are kept: some contain
 * a joiner.
 */
const unsafe = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]`;
const anyUnsafe = new RegExp(unsafe, "v");
const eachUnsafe = new RegExp(unsafe, "gv");
/** This program's own styles: only colour and weight. */
const paint = "\x1b\\[[\\d;]*m";
/** What is kept comes first in the alternation, so that nothing inside it matches; only what to replace is captured. */
const exceptEmoji = new RegExp(String.raw`\p{RGI_Emoji}|(${unsafe})`, "gv");
const exceptEmojiAndPaint = new RegExp(String.raw`${paint}|\p{RGI_Emoji}|(${unsafe})`, "gv");

function replaceIn(text: string, pattern: RegExp, blank: (sign: string) => string): string {
  if (!anyUnsafe.test(text)) return text;
  return text.replace(pattern, (found: string, sign: string | undefined) => {
    if (sign === undefined) return found;
    return sign === "\n" || sign === "\t" ? blank(sign) : "\ufffd";
  });
}

/** @returns the text on one line */
export function plain(text: string): string {
  return replaceIn(text, exceptEmoji, () => " ");
}

/** @returns the text with its lines and with this program's colours */
export function plainLines(text: string): string {
  return replaceIn(text, exceptEmojiAndPaint, (sign) => sign);
}

/** @returns equivalent JSON in which everything `plain` replaces is escaped */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(eachUnsafe, (sign) =>
    Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}
