/**
 * Allowed characters in attendees' texts: those of XML 1.0, which SQS accepts
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html), without U+007F to
 * U+009F (U+009B starts a terminal command). Others, such as NUL, escape, lone surrogates, U+FFFE and U+FFFF, are
 * rejected on input, so nothing stored can break a terminal, spreadsheet or queue.
 *
 * The patterns use only portable JSON Schema syntax: character ranges, no lookahead, `\p{…}` or `\u{…}`. Characters
 * above U+FFFF are literal, so JavaScript needs the `u` flag, as the specification requires.
 */

/** First and last code point. */
type Range = readonly [first: number, last: number];

/** Without the line separators U+2028 and U+2029. */
const onOneLine: readonly Range[] = [
  [0x20, 0x7e],
  [0xa0, 0x2027],
  [0x202a, 0xd7ff],
  [0xe000, 0xfffd],
  [0x10000, 0x10ffff],
];

/**
 * Invisible ones among them: blanks, format characters, Unicode's default ignorables (fillers, variation selectors,
 * joiners), and the blank Braille pattern. Ascending; a test compares them with Node's Unicode tables.
 */
// prettier-ignore
const unseenOnOneLine: readonly Range[] = [
  [0x20, 0x20], [0xa0, 0xa0], [0xad, 0xad], [0x34f, 0x34f], [0x600, 0x605], [0x61c, 0x61c], [0x6dd, 0x6dd],
  [0x70f, 0x70f], [0x890, 0x891], [0x8e2, 0x8e2], [0x115f, 0x1160], [0x1680, 0x1680], [0x17b4, 0x17b5],
  [0x180b, 0x180f], [0x2000, 0x200f], [0x202a, 0x202f], [0x205f, 0x206f], [0x2800, 0x2800], [0x3000, 0x3000],
  [0x3164, 0x3164], [0xfe00, 0xfe0f], [0xfeff, 0xfeff], [0xffa0, 0xffa0], [0xfff0, 0xfffb], [0x110bd, 0x110bd],
  [0x110cd, 0x110cd], [0x13430, 0x1343f], [0x1bca0, 0x1bca3], [0x1d173, 0x1d17a], [0xe0000, 0xe0fff],
];

/** @returns the ranges without others inside them */
function without(ranges: readonly Range[], taken: readonly Range[]): Range[] {
  return ranges.flatMap(([first, last]) => {
    const left: Range[] = [];
    let next = first;
    for (const [from, to] of taken) {
      if (from < first || to > last) continue;
      if (from > next) left.push([next, from - 1]);
      next = to + 1;
    }
    if (next <= last) left.push([next, last]);
    return left;
  });
}

function written(codePoint: number): string {
  return codePoint > 0xffff ? String.fromCodePoint(codePoint) : `\\u${codePoint.toString(16).padStart(4, "0")}`;
}

/** @returns the content of a character class */
function characters(ranges: readonly Range[]): string {
  return ranges.map(([first, last]) => written(first) + (last > first ? `-${written(last)}` : "")).join("");
}

const anyOnOneLine = characters(onOneLine);
const unseen = characters(unseenOnOneLine);
const seen = characters(without(onOneLine, unseenOnOneLine));

/** JSON Schema pattern for multi-line text. */
export const plainTextPattern = String.raw`^[\t\n\r\u2028\u2029${anyOnOneLine}]*$`;
export const plainTextRule = "text without control characters";

/** JSON Schema pattern for a visible text on one line. */
export const plainLinePattern = `^[${unseen}]*[${seen}][${anyOnOneLine}]*$`;
export const plainLineRule = "one line of text without control characters, in which something can be seen";

/** The complement for one line, without lone surrogates, which UTF-8 cannot encode. */
const illegal = String.raw`\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff`;
/** What `String.trim` removes. */
const blank = String.raw`\u0009-\u000d\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;
const illegalInText = String.raw`\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff`;

/**
 * The same rules for readers and test data generators, expressed by what is forbidden: short, instead of a million
 * allowed characters.
 */
export const publishedPatterns: ReadonlyMap<string, string> = new Map([
  [plainTextPattern, `^[^${illegalInText}]*$`],
  // Names are trimmed of blanks and line ends.
  [plainLinePattern, `^[${blank}]*[${unseen}]*[^${illegal}${unseen}][^${illegal}]*[${blank}]*$`],
]);

const unseenCharacter = new RegExp(String.raw`[\s${unseen}]`, "u");

/** @returns whether a single character is blank or invisible */
export function isUnseen(character: string): boolean {
  return unseenCharacter.test(character);
}

/** @returns the text without surrounding blanks and invisible characters */
export function trimUnseen(text: string): string {
  let start = 0;
  let end = text.length;
  for (;;) {
    const character = String.fromCodePoint(text.codePointAt(start) ?? 0x61);
    if (start >= end || !isUnseen(character)) break;
    start += character.length;
  }
  for (;;) {
    const unit = text.charCodeAt(end - 1);
    const width = unit >= 0xdc00 && unit <= 0xdfff && end - start > 1 ? 2 : 1;
    if (end <= start || !isUnseen(text.slice(end - width, end))) break;
    end -= width;
  }
  return text.slice(start, end);
}
