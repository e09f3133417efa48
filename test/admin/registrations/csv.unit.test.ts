import * as fc from "fast-check";
import { parse } from "csv-parse/sync";
import { t } from "../../equipment/file-test.ts";
import { byteOrderMark, csvCell, csvLine, guardFormulas, unguardFormulas } from "../../../admin/registrations/csv.ts";
import { cpuMilliseconds } from "../../shared/cpu-time.ts";

/** What a spreadsheet would calculate, if a cell began with it. */
const formula = /^[\s"]*[=+\-@＝＋－＠]/;

/** As spreadsheets do: a cell that begins with a quotation mark goes on to the closing one, and to the next sign after it. */
function quotedCells(text: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]!;
    if (quoted && sign === '"' && text[at + 1] === '"') {
      cell += sign;
      at += 1;
    } else if (quoted && sign === '"') quoted = false;
    else if (!quoted && sign === '"' && cell === "") quoted = true;
    else if (!quoted && (sign === delimiter || sign === "\n" || sign === "\r")) {
      cells.push(cell);
      cell = "";
    } else cell += sign;
  }
  return [...cells, cell];
}

/** The file as programs read it whose cells end at that sign: those that know quotation marks, and those that don't. */
function cellsAt(line: string, delimiter: string): string[] {
  const unquoted = line.split(new RegExp(`[${delimiter}\r\n\u2028\u2029\v\f\u0085]`));
  return [...quotedCells(line, delimiter), ...unquoted];
}

const signs = [",", ";", "\t", "|"];

t.test("whatever a spreadsheet would run arrives as text", async (t) => {
  for (const text of ["=cmd|'/c calc'!A1", "+1@x", "-1@x", "@SUM(A1)", "＝1+1", '=HYPERLINK("x")']) {
    t.equal(csvLine([text]), `"'${text.replaceAll('"', '""')}"\r\n`, JSON.stringify(text));
  }
  for (const text of ["\t=1", "\r=1", " =1", '"=1'])
    t.equal(guardFormulas(text), text.replace("=", "'="), JSON.stringify(text));
});

t.test("no cell starts a formula, at whatever sign the file is read", async (t) => {
  const names = ["Ada;=1+1", "Ada\t=1+1", "Ada\n=1+1", "Ada\r\n-1+1", 'Ada;"=1+1', 'Ada; "" @x', "Ada\u2028=1", "a,+1"];
  for (const name of names) {
    const line = csvLine(["ada@example.org", name, "id", { note: `x;${name}` }]);
    for (const sign of signs) {
      const running = cellsAt(line, sign).filter((cell) => formula.test(cell));
      t.same(running, [], `${encodeURIComponent(name)} at ${encodeURIComponent(sign)}`);
    }
  }
  const unquoted = "ada@example.org,Ada;=1+1,id\r\n";
  t.match(
    cellsAt(unquoted, ";").filter((cell) => formula.test(cell)),
    ["=1+1,id", "=1+1,id"],
    "control: as it was written before",
  );
});

const nasty = fc.string({
  unit: fc.constantFrom("=", "+", "-", "@", "＝", "'", '"', ",", ";", "\t", "\n", "\r", " ", "\u2028", "\u0085", "a"),
  maxLength: 12,
});

t.test("whatever is in the cells, none starts a formula, and all is read back as it was", async () => {
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 1, maxLength: 4 }), fc.constantFrom(...signs), (texts, sign) => {
      const line = csvLine(["a@example.org", ...texts]);
      const running = cellsAt(line, sign).find((cell) => formula.test(cell));
      if (running !== undefined) throw new Error(`at ${JSON.stringify(sign)} runs ${JSON.stringify(running)}`);
      const [cells = []] = parse(line, { record_delimiter: "\r\n" });
      const back = cells.slice(1).map(unguardFormulas);
      if (JSON.stringify(back) !== JSON.stringify(texts)) throw new Error(`came back as ${JSON.stringify(back)}`);
    }),
    { numRuns: 5_000 },
  );
});

t.test("everything else is as it was, whatever stands in it", async (t) => {
  const texts = ["Ann Lee", 'say "hi"', "a,b", "two\r\nlines", "", "ü 😀", "'quoted'", "a=b", "Jean-Luc"];
  t.same(parse(csvLine(texts)), [texts]);
});

t.test("every text is quoted; numbers and ticks stay numbers and ticks, even below 0", async (t) => {
  t.equal(csvLine(["a", "", -1, 2.5, true, undefined, null]), '"a","",-1,2.5,true,,\r\n');
  t.equal(csvCell({ a: "=1" }), '"{""a"":""=1""}"');
  t.equal(Buffer.from(byteOrderMark).toString("hex"), "efbbbf");
});

t.test("a long text takes linear time", async (t) => {
  for (const text of ["'".repeat(200_000), ' "'.repeat(100_000), ";'".repeat(100_000), ", ".repeat(100_000)]) {
    const took = cpuMilliseconds(() => unguardFormulas(guardFormulas(text)));
    t.ok(took < 1_000, `${took.toFixed(0)} ms`);
  }
});
