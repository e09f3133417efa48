import { parse } from "csv-parse/sync";
import t from "tap";
import { csvCell, csvLine } from "../../../admin/registrations/csv.ts";

t.test("whatever a spreadsheet would run arrives as text", async (t) => {
  for (const text of ["=cmd|'/c calc'!A1", "+1@x", "-1@x", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("x")']) {
    const [[cell]] = parse(csvLine([text])) as [[string]];
    t.equal(cell, `'${text}`, JSON.stringify(text));
  }
});

t.test("everything else is as it was, whatever stands in it", async (t) => {
  const texts = ["Ann Lee", 'say "hi"', "a,b", "two\r\nlines", "", "ü 😀", "'quoted'", "a=b"];
  t.same(parse(csvLine(texts)), [texts]);
});

t.test("numbers and ticks stay numbers and ticks, even below 0", async (t) => {
  t.equal(csvLine([-1, 2.5, true, undefined, null]), "-1,2.5,true,,\r\n");
  t.equal(csvCell({ a: "=1" }), '"{""a"":""=1""}"');
});
