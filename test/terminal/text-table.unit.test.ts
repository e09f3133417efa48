import { t } from "../equipment/file-test.ts";
import { formatTable } from "../../terminal/text-table.ts";

t.test("what comes from anybody cannot command the terminal", async (t) => {
  t.match(formatTable(["NAME"], [["Ann\u061c\r\n\u200bLee\x9b1m"]], Infinity), "Ann\ufffd\ufffd \ufffdLee\ufffd1m\n");
  t.notMatch(formatTable(["NAME"], [["\x1b]0;title\x07Ann"]], Infinity), /[\x1b\x07]/);
});

t.test("a table lines its columns up, numbers to the right", async (t) => {
  const text = formatTable(
    ["REASON", "COUNT"],
    [
      ["malformed", 5],
      ["crash-loop", 1_200],
    ],
    Infinity,
  );
  t.same(text.split("\n"), ["REASON      COUNT", "malformed       5", "crash-loop   1200", ""]);
});

t.test("colour is put around what is plain, and only there", async (t) => {
  const paint = (text: string) => `<${text}>`;
  t.match(formatTable(["A"], [[{ text: "\x1b[1mbad", paint }]], Infinity), "<\ufffd[1mbad>");
});

t.test("the last column is cut to the width, and no other", async (t) => {
  const rows = [["a".repeat(30), "x".repeat(300)]];
  const [, row = ""] = formatTable(["ID", "DETAIL"], rows, 80).split("\n");
  t.equal(row.length, 80);
  t.match(row, /x…$/);
  const [, narrow = ""] = formatTable(["ID", "DETAIL"], rows, 10).split("\n");
  t.equal(narrow.length, 52, "but never to nothing");
});

t.test("a thousand rows are no trouble", async (t) => {
  const rows = Array.from({ length: 1_000 }, (_, index) => [index, "x"]);
  t.equal(formatTable(["N", "X"], rows, 80).split("\n").length, 1_002);
});
