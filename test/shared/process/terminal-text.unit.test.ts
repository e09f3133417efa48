import { t } from "../../equipment/file-test.ts";
import * as fc from "fast-check";
import { plain, plainJson, plainLines } from "../../../shared/process/terminal-text.ts";

/** What has to be gone, each by its number: controls, direction, zero width, separators, tags, and letters that are blank. */
const unsafe = [
  0x00, 0x07, 0x08, 0x1b, 0x7f, 0x85, 0x9b, 0x9d, 0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e,
  0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0x206f, 0x3164, 0xd800, 0xfe0f, 0xfeff, 0xffa0,
  0xfff9, 0xe0001, 0xe0041,
];

t.test("what steers a terminal or cannot be seen is replaced, on one line or on several", async (t) => {
  for (const code of unsafe) {
    const sign = code === 0xd800 ? "\ud800" : String.fromCodePoint(code);
    const name = `U+${code.toString(16)}`;
    t.equal(plain(`a${sign}b`), "a\ufffdb", name);
    t.equal(plainLines(`a${sign}b`), "a\ufffdb", name);
  }
  t.equal(plain("\x1b[2JAnn\r\nLee\u202e\x9b1m"), "\ufffd[2JAnn\ufffd Lee\ufffd\ufffd1m");
});

t.test("names of all scripts and emoji stay as they are", async (t) => {
  for (const name of [
    "Đặng Thị Hương",
    "Ñandú",
    "e\u0301",
    "李雷",
    "محمد",
    "👩‍🚀",
    "☑️",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "𝒳",
    "\ufffd",
    "O'Brien",
    "=1",
  ]) {
    t.equal(plain(name), name);
    t.equal(plainLines(name), name);
  }
});

t.test("lines and our own colours are kept where they are meant, and no other sequence", async (t) => {
  t.equal(plain("a\nb\tc"), "a b c");
  t.equal(plainLines("a\n\x1b[1;31mb\x1b[39m\tc"), "a\n\x1b[1;31mb\x1b[39m\tc");
  for (const text of ["\x1b[2J", "\x1b]0;title\x07", "\x1b[3;1H", "\x1b(0", "\x9b31m", "\x1bc"])
    t.notMatch(plainLines(text), /[\x1b\x9b\x07]/, encodeURIComponent(text));
});

t.test("JSON says the same in letters that no terminal minds", async (t) => {
  t.equal(plainJson({ name: "a\x9b\u061c\u200b\u{e0041}" }), String.raw`{"name":"a\u009b\u061c\u200b\udb40\udc41"}`);
  t.equal(plainJson({ name: "Ñandú" }), '{"name":"Ñandú"}');
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
      const written = plainJson({ value, text });
      if (/[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/.test(written))
        throw new Error("unsafe");
      if (JSON.stringify(JSON.parse(written)) !== JSON.stringify({ value, text })) throw new Error("another value");
    }),
  );
});
