import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import type { Static } from "typebox";
import { DeadLetterListOutput } from "../../../../admin/commands/dead-letters/list.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, deadLetters, person, putAll, unreadable } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const { env, connection } = await startEngines(t);
const validator = Compile(DeadLetterListOutput);

async function list(...line: string[]) {
  const run = await runCommand(["dead-letters", "list", ...line, "--json"], { env });
  t.equal(run.code, 0);
  t.ok(validator.Check(run.json()), "what it prints is what its schema says", { found: run.json() });
  return run.json() as Static<typeof DeadLetterListOutput>;
}

t.test("where there are none it says so", async (t) => {
  t.same(await list(), { total: 0, groups: [], kinds: [], records: [], next: null });
  t.match((await runCommand(["dead-letters", "list"], { env })).stdout, "No dead letters.");
});

t.test("the newest come first, all are counted, by reason", async (t) => {
  await putAll(connection.documents, connection.deadLettersTable, [
    ...deadLetters(60),
    unreadable("raw-1", "\x1b[2J", { lastFailedAt: "2026-02-01T00:00:00.000Z", detail: "\x1b[31mred" }),
    deadLetter(100, { state: "discarded" }),
  ]);
  const { total, groups, records } = await list();
  t.equal(total, 62);
  t.match(groups, [
    { reason: "crash-loop", count: 61, states: { open: 60, discarded: 1 } },
    { reason: "malformed", count: 1 },
  ]);
  t.equal(records.length, 50);
  t.match(records[0], { id: "raw-1", email: null, submittedAt: null });
  t.match(records[1], { id: person(100).id, email: person(100).email });
});

t.test("filters say which", async (t) => {
  t.match(await list("--reason", "malformed"), { total: 1, records: [{ id: "raw-1" }] });
  t.match(await list("--state", "discarded"), { total: 1, records: [{ id: person(100).id }] });
  t.match(await list("--since", "2026-01-31"), { total: 1 });
  t.match(await list("--state", "open", "--limit", "2"), { total: 61, records: { length: 2 } });
});

t.test("pages follow each other without repeating or leaving out, whatever arrives meanwhile", async (t) => {
  const first = await list("--state", "open", "--limit", "25");
  await putAll(connection.documents, connection.deadLettersTable, [
    deadLetter(300, { lastFailedAt: "2026-03-01T00:00:00.000Z" }),
  ]);
  const seen = first.records.map(({ id }) => id);
  for (let { next } = first; next !== null;) {
    const page = await list("--state", "open", "--limit", "25", "--cursor", next);
    seen.push(...page.records.map(({ id }) => id));
    next = page.next;
  }
  t.equal(seen.length, 61);
  t.equal(new Set(seen).size, 61);
  t.equal((await runCommand(["dead-letters", "list", "--cursor", "x"], { env })).code, 2);
});

t.test("the address is read from what cannot be decoded, and found by a part of it", async (t) => {
  const body = '{"v":1,"registrations":[{"id":"cut","email":"Zoe.Cut@example.org","name":"Zo';
  await putAll(connection.documents, connection.deadLettersTable, [unreadable("raw-cut", body)]);
  t.match(await list("--text", "zoe.cut@"), { total: 1, records: [{ id: "raw-cut", email: "Zoe.Cut@example.org" }] });
  t.match(await list("--text", person(7).email.toUpperCase()), { total: 1, records: [{ id: person(7).id }] });
  t.match(await list("--text", "nobody at all"), { total: 0 });
  t.match(await list("--until", "2026-01-01T08:00:00Z"), { total: 0 });
});

t.test("identical reasons are one kind, whose detail is told once", async (t) => {
  const detail = (bytes: number) =>
    `has ${bytes} bytes; at most 65,536 are sent, and ${"this is explained at length ".repeat(6)}`;
  await putAll(
    connection.documents,
    connection.deadLettersTable,
    [401, 402, 403].map((bytes) => deadLetter(bytes, { reason: "item-too-large", detail: detail(bytes) })),
  );
  const { kinds } = await list("--reason", "item-too-large");
  t.match(kinds, [{ reason: "item-too-large", count: 3, open: 3, detail: /^has … bytes/ }]);
  t.match(await list("--detail", detail(9)), { total: 3 });
  const { stdout } = await runCommand(["dead-letters", "list", "--reason", "item-too-large"], { env });
  t.equal(stdout.split("explained at length").length - 1, 6, "one detail for three rows");
  t.match(stdout, /open +item-too-large +#1/);
  t.notMatch((await runCommand(["dead-letters", "list", "--groups"], { env })).stdout, person(7).id);
});

t.test("for people it is a table in which nothing can command the terminal", async (t) => {
  const { stdout, stderr } = await runCommand(["dead-letters", "list"], { env });
  t.match(stdout, /REASON +COUNT +OPEN/);
  t.match(stdout, /raw-1 +open +malformed/);
  t.notMatch(stdout, "\x1b");
  t.match(stderr, /others. Next page: --cursor \S+/);
});
