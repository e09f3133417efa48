/**
 * Texts of anybody in a form that a terminal can show: what steers it, turns the direction of writing, ends a line or cannot
 * be seen is replaced. So nobody's name can command an operator's terminal, or pass for another one in it.
 */

/**
 * Controls (U+009B starts a command as ESC [ does), format characters such as U+061C and the zero-width ones, line and
 * paragraph separators, halves of surrogate pairs, and whatever Unicode says is not to be seen. A recommended emoji is left
 * as it is: some hold a joiner.
 */
const unsafe = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]`;
const anyUnsafe = new RegExp(unsafe, "v");
const eachUnsafe = new RegExp(unsafe, "gv");
/** How this program itself paints; it changes nothing but colour and weight. */
const paint = "\x1b\\[[\\d;]*m";
/** What is left as it is comes first, so that nothing inside it is found: only what has to be replaced is captured. */
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

/** @returns the text with its lines, and with the colours that this program has given it */
export function plainLines(text: string): string {
  return replaceIn(text, exceptEmojiAndPaint, (sign) => sign);
}

/** @returns JSON of the same value in which whatever `plain` replaces is written as an escape */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(eachUnsafe, (sign) =>
    Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}
