import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import {
  isUnseen,
  plainLinePattern,
  plainTextPattern,
  publishedPatterns,
  trimUnseen,
} from "../../../shared/registration/plain-text.ts";
import { cpuMilliseconds } from "../cpu-time.ts";
import { legalCharacter } from "../legal-text.ts";

// As JSON Schema reads a pattern.
const text = new RegExp(plainTextPattern, "u");
const line = new RegExp(plainLinePattern, "u");

const rejected = {
  NUL: "\0",
  escape: "\x1b",
  backspace: "\b",
  "vertical tab": "\v",
  DEL: "\x7f",
  "the 8-bit control sequence introducer": "\x9b",
  "next line": "\x85",
  "a lone high surrogate": "\ud800",
  "a lone low surrogate": "\udfff",
  "U+FFFE": "\ufffe",
  "U+FFFF": "\uffff",
};

t.test("what a queue or a terminal would choke on is rejected, wherever it stands", async (t) => {
  for (const [name, character] of Object.entries(rejected)) {
    for (const given of [character, `a${character}`, `${character}b`, `a\n${character}`]) {
      t.notOk(text.test(given), `text with ${name}`);
      t.notOk(line.test(given), `line with ${name}`);
    }
  }
});

t.test("scripts, emoji, composed and decomposed letters are taken", async (t) => {
  for (const name of [
    "Đặng Thị Hương",
    "Ñandú",
    "e\u0301",
    "李雷",
    "محمد",
    "👩‍🚀",
    "𝒳",
    "\ufffd",
    "O'Brien-Łukasz, Jr.",
  ]) {
    t.ok(text.test(name), name);
    t.ok(line.test(name), name);
  }
});

t.test("any text of legal characters is a text, and on one line a line", async () => {
  fc.assert(
    fc.property(fc.string({ unit: legalCharacter, maxLength: 200 }), (given) => {
      if (!text.test(given)) throw new Error("rejected as a text");
      if (/[\t\n\r\u2028\u2029]/.test(given) === line.test(`x${given}`)) throw new Error("lines are told wrongly");
    }),
  );
});

t.test("a text may be empty and have lines, a line may not", async (t) => {
  for (const given of ["", "a\nb", "a\r\nb", "a\tb", "a\u2028b", "a\u2029b"]) {
    t.ok(text.test(given), encodeURIComponent(given));
    t.notOk(line.test(given), encodeURIComponent(given));
  }
});

t.test("a line in which nothing can be seen is blank", async (t) => {
  for (const given of [
    " ",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\u200d\u2060",
    "\u00ad \ufeff",
    "\u3164",
    "\u2800",
    "\uffa0",
    "\ufe0f",
    "\u{e0001}",
  ]) {
    t.notOk(line.test(given), encodeURIComponent(given));
  }
  t.ok(line.test("\u200b."), "control: one visible sign is enough");
});

t.test("what shows nothing is what Unicode says it is", async (t) => {
  const byUnicode = /[\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
  const wrong: string[] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    const character = String.fromCodePoint(codePoint);
    if (!line.test(`a${character}`)) continue;
    const known = [isUnseen(character), !line.test(character)];
    if (known.some((one) => one !== byUnicode.test(character))) wrong.push(codePoint.toString(16));
  }
  t.same(wrong, []);
});

t.test("the patterns are ones that every reader of JSON Schema understands", async (t) => {
  for (const pattern of [plainTextPattern, plainLinePattern]) t.notMatch(pattern, /\\[pu]\{|\(\?/);
});

t.test("what is published says the same, for what was not trimmed yet", async () => {
  const published = (pattern: string) => new RegExp(publishedPatterns.get(pattern) ?? "", "u");
  const [publishedText, publishedLine] = [published(plainTextPattern), published(plainLinePattern)];
  const around = fc.constantFrom("", " ", "\n", "\t ", "\u00a0", "\u2028", "\u200b", "\u200b\n", "\u3164", "a");
  const inside = fc.oneof(fc.string({ unit: "binary", maxLength: 5 }), around);
  fc.assert(
    fc.property(around, inside, around, (before, middle, after) => {
      const given = before + middle + after;
      if (!given.isWellFormed()) return;
      if (publishedText.test(given) !== text.test(given)) throw new Error(`text ${JSON.stringify(given)}`);
      if (publishedLine.test(given) !== line.test(given.trim())) throw new Error(`line ${JSON.stringify(given)}`);
    }),
    { numRuns: 5_000 },
  );
});

t.test("what is trimmed is invisible and stands around, nothing inside", async (t) => {
  t.equal(trimUnseen(" \u200b\u{e0001}a \u200b b\u{1f600}\ufe0f\u{e007f}\n"), "a \u200b b\u{1f600}");
  for (const given of ["", " ", "\u{e0001}", "\u3164\u2800"]) t.equal(trimUnseen(given), "", encodeURIComponent(given));
  for (const given of ["a", "\u{1f600}", "\ud800", "\udc00", "\0"])
    t.equal(trimUnseen(given), given, JSON.stringify(given));
});

t.test("both patterns take linear time, whatever they are given", async (t) => {
  const length = 1_000_000;
  for (const given of [
    " ".repeat(length),
    `${"a".repeat(length)}\0`,
    "\u200b ".repeat(length / 2),
    `${"\u200b".repeat(length)}\0`,
  ]) {
    const took = cpuMilliseconds(() => {
      text.test(given);
      line.test(given);
      trimUnseen(given);
    });
    t.ok(took < 1_000, `a million characters took ${took.toFixed(0)} ms`);
  }
});
