import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import {
  openLedger,
  readLedger,
  readLedgerHead,
  requireNewLedger,
  type LedgerLine,
} from "../../../admin/audit/ledger.ts";

const folder = mkdtempSync(join(tmpdir(), "turnout-ledger-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function attempt(id: string, name = "Ann"): LedgerLine {
  const content = { email: `${id}@example.org`, name, answers: { note: "one\u2028two" } };
  return { outcome: "accepted", id, ...content, status: 202, startedAt: 1, endedAt: 2 };
}

/** Of a change. */
const changed = {
  outcome: "accepted",
  id: "a",
  email: "a@example.org",
  status: 202,
  startedAt: 1,
  endedAt: 2,
} as const;

async function read(path: string): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = [];
  for await (const line of readLedger(path)) lines.push(line);
  return lines;
}

t.test("what was recorded is read, line by line, whatever stands in it", async (t) => {
  const path = join(folder, "whole.jsonl");
  const lines: LedgerLine[] = [
    attempt("a", "Ann 😀 \u2028"),
    { outcome: "confirmed", id: "a", email: "a@example.org", at: 3 },
    { ...attempt("b"), outcome: "unknown", status: null } as LedgerLine,
    {
      ...attempt("a", "Eda"),
      change: "correction",
      changedAt: "2026-01-01T09:00:00.000Z",
      mailbox: true,
    } as LedgerLine,
    { ...attempt("a", "Ida"), change: "correction", outcome: "unknown", status: null } as LedgerLine,
    { ...changed, change: "withdrawal", mailbox: true },
    { ...changed, change: "withdrawal", outcome: "rejected", status: 429 },
  ];
  const ledger = openLedger(path, "a stack");
  for (const line of lines) ledger.record(line);
  t.equal(readFileSync(path, "utf8").split("\n").length, lines.length + 2, "before it is closed");
  ledger.close();
  ledger.close();
  t.same(await read(path), lines);
});

t.test("a ledger says in its first line whose it is: which run, which stack, since when", async (t) => {
  const [first, second] = ["first", "second"].map((name) => join(folder, `${name}.jsonl`)) as [string, string];
  for (const path of [first, second]) openLedger(path, "a stack").close();
  const heads = [await readLedgerHead(first), await readLedgerHead(second)];
  for (const head of heads) t.match(head, { ledger: 1, stack: "a stack", startedAt: /^\d{4}-.+Z$/ });
  t.not(heads[0]?.run, heads[1]?.run);
  const headless = join(folder, "headless.jsonl");
  writeFileSync(headless, `${JSON.stringify(attempt("a"))}\n`);
  t.equal(await readLedgerHead(headless), undefined);
  t.match(await read(headless), [{ id: "a" }], "one without a head is a ledger as well");
});

t.test("nothing is ever added to a file that is there: not to a ledger, nor to anything else", async (t) => {
  const path = join(folder, "again.jsonl");
  openLedger(path, "a stack").close();
  const before = readFileSync(path, "utf8");
  const refused = { code: "TURNOUT_USAGE_INVALID", message: /is there already/ };
  t.throws(() => openLedger(path, "a stack"), refused);
  t.throws(() => requireNewLedger(path), refused);
  t.equal(readFileSync(path, "utf8"), before);
  const empty = join(folder, "empty.jsonl");
  writeFileSync(empty, "");
  requireNewLedger(empty);
  openLedger(empty, "a stack").close();
  t.match(await readLedgerHead(empty), { stack: "a stack" }, "but an empty one is nobody's");
  t.throws(() => openLedger(empty, "a stack"), refused);
});

t.test("a line that a killed writer left half is passed over", async (t) => {
  const path = join(folder, "torn.jsonl");
  writeFileSync(path, `${JSON.stringify(attempt("a"))}\n{"outcome":"acc`);
  t.match(await read(path), [{ id: "a" }]);
});

t.test("a line that is none is told by its number, without what stands in it", async (t) => {
  const path = join(folder, "broken.jsonl");
  const removal = JSON.stringify({ ...attempt("a"), change: "removal" });
  const unnamed = JSON.stringify({ ...changed, change: "correction" });
  const undated = JSON.stringify({ ...attempt("a"), change: "correction", changedAt: "yesterday" });
  for (const broken of [
    removal,
    unnamed,
    undated,
    "{",
    '{"outcome":"accepted"}',
    '{"outcome":"maybe","id":"secret@example.org"}',
    "[]",
  ]) {
    writeFileSync(path, `${JSON.stringify(attempt("a"))}\n`);
    appendFileSync(path, `${broken}\n`);
    const error = await read(path).catch((reason: unknown) => reason as Error);
    t.match(error, { code: "TURNOUT_LEDGER_INVALID", message: /^Line 2 / }, broken);
    t.notMatch((error as Error).message, "secret");
  }
});

t.test("a ledger that cannot be read is told as such", async (t) => {
  await t.rejects(read(join(folder, "none.jsonl")), { code: "TURNOUT_LEDGER_INVALID", message: /ENOENT/ });
  await t.rejects(read(folder), { code: "TURNOUT_LEDGER_INVALID" });
});

t.test("lines are read one after the other, however long the ledger", async (t) => {
  const path = join(folder, "long.jsonl");
  const ledger = openLedger(path, "a stack");
  for (let number = 0; number < 20_000; number += 1) ledger.record(attempt(`id-${number}`));
  ledger.close();
  let next = 0;
  for await (const line of readLedger(path)) {
    if (line.id !== `id-${next}`) break;
    next += 1;
  }
  t.equal(next, 20_000);
});

t.test("a ledger is its owner's alone, also one that was made before, and not reached through a link", async (t) => {
  const path = join(folder, "open.jsonl");
  writeFileSync(path, "", { mode: 0o644 });
  openLedger(path, "stack").close();
  t.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(join(folder, "empty.jsonl"), "");
  symlinkSync(join(folder, "empty.jsonl"), join(folder, "link.jsonl"));
  t.throws(() => openLedger(join(folder, "link.jsonl"), "stack"), { code: "TURNOUT_USAGE_INVALID" });
});
