import { PassThrough } from "node:stream";
import { existsSync, lstatSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import type { DemoReport } from "../../../load/demo/demo-report.ts";
import { showSummary } from "../../../load/demo/summary.ts";
import { createTerminal } from "../../../terminal/terminal.ts";
import { createRejectedRows, reasonsOf, shownRows } from "../../../load/demo/rejected-rows.ts";

const clean = { corrupt: 0, duplicated: 0, unexpected: 0 } as DemoReport["audit"];
const good: DemoReport = {
  passed: true,
  seed: 7,
  requests: 10_000,
  accepted: 10_000,
  refused: 0,
  givenUp: 0,
  givenUpBecause: {},
  retries: 3,
  stored: 9_214,
  duplicatesFolded: 786,
  secondRegistrations: 486,
  secondClicks: 300,
  deadLettered: 0,
  queued: 0,
  lost: 0,
  acceptMs: { p50: 12.5, p99: 1_234 },
  storedAfterMs: { p50: null, p99: null },
  registrationsPerPack: 6.7,
  registrationsPerWriteCall: null,
  figuresIncomplete: false,
  acceptedPerSecond: 1_000,
  sendSeconds: 10,
  drainSeconds: 1.5,
  audit: clean,
  refusedRows: [],
  refusedFile: null,
  ledger: null,
};

function shown(report: DemoReport, isTTY = false): string {
  let text = "";
  const stdout = new PassThrough({ encoding: "utf8" }).on("data", (chunk: string) => (text += chunk));
  const stream = Object.assign(stdout, { isTTY }) as unknown as NodeJS.WriteStream;
  showSummary(createTerminal({ stdin: process.stdin, stdout: stream, stderr: stream }, {}), report);
  stdout.read();
  return text;
}

t.test("a good run is one sum: accepted is stored plus folded, lost is 0", async (t) => {
  const text = shown(good);
  t.match(
    text,
    /^accepted +10,000 +of 10,000 requests\nstored +9,214 .*\nduplicates folded +786 +486 .* 300 second clicks\nlost +0 /,
  );
  t.match(text, /12\.5 ms \/ 1\.2 s/);
  t.match(text, /write call +unknown/);
  t.match(text, "--seed 7");
  t.match(text, "Passed: nothing is lost.");
  t.notMatch(text, /rejected|given up|dead|queued|Ledger|\u001b/);
});

t.test("what went wrong is named, with where to look", async (t) => {
  const failed = { ...good, passed: false };
  t.match(
    shown({ ...failed, lost: 2, ledger: "/tmp/l" }),
    /lost +2 .*Ledger: \/tmp\/l\nFAILED: registrations are lost/s,
  );
  t.match(shown({ ...failed, queued: 5 }), /still queued +5 .*not drained/s);
  t.match(shown({ ...failed, audit: { ...clean, corrupt: 1 } }), /FAILED: the table does not hold what was sent/);
  t.match(shown({ ...failed, givenUp: 2, givenUpBecause: { "503 TURNOUT_OVERLOADED": 2 } }), /given up: 2 × 503/);
  const refusedRows = [{ line: 3, reasons: ["/email \u001b[2J bad", "x"] }];
  const refused = shown({ ...failed, seed: null, refused: 1, refusedRows, refusedFile: "a.refused.jsonl" });
  t.match(refused, /line 3: \/email .*bad; x\nAll 1 rejected rows: a\.refused\.jsonl/);
  t.notMatch(refused, /\u001b|--seed/, "nothing from a file can steer the terminal");
});

t.test("on a terminal the 0 of lost is green, and any other number red", async (t) => {
  t.match(shown(good, true), "\u001b[32m0\u001b[39m");
  t.match(shown({ ...good, passed: false, lost: 4 }, true), "\u001b[31m4\u001b[39m");
});

t.test("all rows go to the file, the first ones are at hand, and without a row there is no file", async (t) => {
  const path = join(t.testdir(), "people.csv.refused.jsonl");
  const rejected = createRejectedRows(path);
  t.notOk(existsSync(path));
  t.equal(rejected.file, undefined);
  for (let line = 1; line <= shownRows + 5; line += 1) rejected.add({ line, reasons: [`reason ${line}`] });
  rejected.close();
  rejected.close();
  t.equal(rejected.count, shownRows + 5);
  t.equal(rejected.first.length, shownRows);
  t.equal(rejected.file, path);
  const lines = readFileSync(path, "utf8").trim().split("\n");
  t.strictSame(JSON.parse(lines.at(-1)!), { line: shownRows + 5, reasons: [`reason ${shownRows + 5}`] });
  t.equal(lines.length, rejected.count);
  t.equal(statSync(path).mode & 0o077, 0, "for nobody else to read");
});

t.test("without a file the first ones are kept all the same", async (t) => {
  const rejected = createRejectedRows(undefined);
  rejected.add({ line: 1, reasons: ["x"] });
  t.match(rejected, { count: 1, file: undefined, first: [{ line: 1 }] });
});

t.test("each validation error is a reason of its own; without any, the code or status is the reason", async (t) => {
  const errors = [
    { pointer: "/email", detail: "must be an address" },
    { pointer: "", detail: "must have name" },
  ];
  t.strictSame(reasonsOf({ status: 400, errors }), ["/email must be an address", "/ must have name"]);
  t.strictSame(reasonsOf({ status: 413, code: "TURNOUT_BODY_TOO_LARGE", detail: "At most 16 KiB." }), [
    "TURNOUT_BODY_TOO_LARGE: At most 16 KiB.",
  ]);
  t.strictSame(reasonsOf({ status: 404 }), ["HTTP 404"]);
});

t.test("a file of an earlier run, or a link in its place, is not written into", async (t) => {
  const folder = t.testdir({ victim: "precious" });
  const path = join(folder, "people.csv.refused.jsonl");
  symlinkSync(join(folder, "victim"), path);
  const rejected = createRejectedRows(path);
  rejected.add({ line: 1, reasons: ["x"] });
  rejected.close();
  t.equal(readFileSync(join(folder, "victim"), "utf8"), "precious");
  t.equal(lstatSync(path).mode & 0o777, 0o600);
});
