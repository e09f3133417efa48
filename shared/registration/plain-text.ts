/**
 * Which characters a text from an attendee may hold: those of XML 1.0, which are also those that SQS takes in a message
 * body (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html), without the control
 * characters that both allow (U+007F to U+009F; U+009B starts a command on many terminals). Everything else, NUL, escape,
 * lone surrogates, U+FFFE and U+FFFF, is rejected at the door, so nothing that a terminal, a spreadsheet or a queue would
 * choke on is ever stored.
 *
 * The patterns keep to what every reader of JSON Schema understands: ranges of characters, no look-ahead, no `\p{…}` and
 * no `\u{…}`. Characters above U+FFFF stand in them as they are, so JavaScript needs the `u` flag, as the specification asks.
 */

/** First and last code point. */
type Range = readonly [first: number, last: number];

/** Without U+2028 and U+2029, which end a line as a line feed does. */
const onOneLine: readonly Range[] = [
  [0x20, 0x7e],
  [0xa0, 0x2027],
  [0x202a, 0xd7ff],
  [0xe000, 0xfffd],
  [0x10000, 0x10ffff],
];

/**
 * Of those, the ones that show nothing by themselves: blanks, format characters, and what Unicode calls default ignorable
 * (fillers, variation selectors, joiners), and the empty Braille pattern. In rising order; a test holds them against the
 * Unicode tables of the running Node.
 */
// prettier-ignore
const unseenOnOneLine: readonly Range[] = [
  [0x20, 0x20], [0xa0, 0xa0], [0xad, 0xad], [0x34f, 0x34f], [0x600, 0x605], [0x61c, 0x61c], [0x6dd, 0x6dd],
  [0x70f, 0x70f], [0x890, 0x891], [0x8e2, 0x8e2], [0x115f, 0x1160], [0x1680, 0x1680], [0x17b4, 0x17b5],
  [0x180b, 0x180f], [0x2000, 0x200f], [0x202a, 0x202f], [0x205f, 0x206f], [0x2800, 0x2800], [0x3000, 0x3000],
  [0x3164, 0x3164], [0xfe00, 0xfe0f], [0xfeff, 0xfeff], [0xffa0, 0xffa0], [0xfff0, 0xfffb], [0x110bd, 0x110bd],
  [0x110cd, 0x110cd], [0x13430, 0x1343f], [0x1bca0, 0x1bca3], [0x1d173, 0x1d17a], [0xe0000, 0xe0fff],
];

/** @returns what is left of the ranges without others that lie inside of them */
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

/** @returns the inside of a character class */
function characters(ranges: readonly Range[]): string {
  return ranges.map(([first, last]) => written(first) + (last > first ? `-${written(last)}` : "")).join("");
}

const anyOnOneLine = characters(onOneLine);
const unseen = characters(unseenOnOneLine);
const seen = characters(without(onOneLine, unseenOnOneLine));

/** A JSON Schema pattern for text of any number of lines. */
export const plainTextPattern = String.raw`^[\t\n\r\u2028\u2029${anyOnOneLine}]*$`;
export const plainTextRule = "text without control characters";

/** The same for a text of one line in which something can be seen. */
export const plainLinePattern = `^[${unseen}]*[${seen}][${anyOnOneLine}]*$`;
export const plainLineRule = "one line of text without control characters, in which something can be seen";

/** Everything that is not on one line, but lone surrogates, which no text in UTF-8 can hold. */
const illegal = String.raw`\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff`;
/** What `String.trim` takes off. */
const blank = String.raw`\u0009-\u000d\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;
const illegalInText = String.raw`\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff`;

/**
 * The same patterns for whoever is to write such a text: said by what is not allowed, which is short, and which generators of
 * test data take in at once, where they would spell out a million characters that are.
 */
export const publishedPatterns: ReadonlyMap<string, string> = new Map([
  [plainTextPattern, `^[^${illegalInText}]*$`],
  // Around a name stand blanks and line ends that are taken off.
  [plainLinePattern, `^[${blank}]*[${unseen}]*[^${illegal}${unseen}][^${illegal}]*[${blank}]*$`],
]);

const unseenCharacter = new RegExp(String.raw`[\s${unseen}]`, "u");

/** @returns whether one character, given as text, is a blank or shows nothing */
export function isUnseen(character: string): boolean {
  return unseenCharacter.test(character);
}

/** @returns the text without the blanks and invisible characters around it; those inside stay */
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
