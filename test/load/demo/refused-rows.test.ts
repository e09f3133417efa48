import { existsSync, lstatSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createRefusedRows, reasonsOf, shownRows } from "../../../load/demo/refused-rows.ts";

t.test("all rows go to the file, the first ones are at hand, and without a row there is no file", async (t) => {
  const path = join(t.testdir(), "people.csv.refused.jsonl");
  const refused = createRefusedRows(path);
  t.notOk(existsSync(path));
  t.equal(refused.file, undefined);
  for (let line = 1; line <= shownRows + 5; line += 1) refused.add({ line, reasons: [`reason ${line}`] });
  refused.close();
  refused.close();
  t.equal(refused.count, shownRows + 5);
  t.equal(refused.first.length, shownRows);
  t.equal(refused.file, path);
  const lines = readFileSync(path, "utf8").trim().split("\n");
  t.strictSame(JSON.parse(lines.at(-1)!), { line: shownRows + 5, reasons: [`reason ${shownRows + 5}`] });
  t.equal(lines.length, refused.count);
  t.equal(statSync(path).mode & 0o077, 0, "for nobody else to read");
});

t.test("without a file the first ones are kept all the same", async (t) => {
  const refused = createRefusedRows(undefined);
  refused.add({ line: 1, reasons: ["x"] });
  t.match(refused, { count: 1, file: undefined, first: [{ line: 1 }] });
});

t.test("the front door's reasons are told one by one, and an answer without any by its code or status", async (t) => {
  const faults = [
    { pointer: "/email", detail: "must be an address" },
    { pointer: "", detail: "must have name" },
  ];
  t.strictSame(reasonsOf({ status: 400, faults }), ["/email must be an address", "/ must have name"]);
  t.strictSame(reasonsOf({ status: 413, code: "TURNOUT_BODY_TOO_LARGE", detail: "At most 16 KiB." }), [
    "TURNOUT_BODY_TOO_LARGE: At most 16 KiB.",
  ]);
  t.strictSame(reasonsOf({ status: 404 }), ["HTTP 404"]);
});

t.test("a file of an earlier run, or a link in its place, is not written into", async (t) => {
  const folder = t.testdir({ victim: "precious" });
  const path = join(folder, "people.csv.refused.jsonl");
  symlinkSync(join(folder, "victim"), path);
  const refused = createRefusedRows(path);
  refused.add({ line: 1, reasons: ["x"] });
  refused.close();
  t.equal(readFileSync(join(folder, "victim"), "utf8"), "precious");
  t.equal(lstatSync(path).mode & 0o777, 0o600);
});
