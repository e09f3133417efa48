/** Every character that an attendee's text may hold, as an arbitrary: the odd ones much more often than chance would. */
import * as fc from "fast-check";

const range = (from: number, to: number) =>
  fc.integer({ min: from, max: to }).map((code) => String.fromCodePoint(code));

export const legalCharacter = fc.oneof(
  { weight: 4, arbitrary: range(0x20, 0x7e) },
  { weight: 1, arbitrary: fc.constantFrom("\t", "\n", "\r", "\u2028", "\u2029") },
  { weight: 2, arbitrary: range(0xa0, 0xd7ff) },
  { weight: 1, arbitrary: range(0xe000, 0xfffd) },
  { weight: 2, arbitrary: range(0x1_0000, 0x10_ffff) },
  { weight: 2, arbitrary: fc.constantFrom('"', "\\", "/", "\ufffd", "\u{10000}", "\u{10ffff}", "😀", "👩‍🚀", "e\u0301") },
);
