import { join } from "node:path";
import { Compile } from "typebox/compile";
import { t } from "../../../equipment/file-test.ts";
import { CountsOutput } from "../../../../admin/commands/registrations/counts.ts";
import { SearchOutput } from "../../../../admin/commands/registrations/search.ts";
import { createTombstone } from "../../../../shared/registration/tombstone.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { person, putAll } from "../../../equipment/dead-letter-seeds.ts";

const { env, connection } = await startEngines(t);
const stored = Array.from({ length: 300 }, (_, number) => {
  const { id: registrationId, ...content } = person(number);
  return { ...content, registrationId, storedAt: "2026-01-01T10:00:00.000Z" };
});
await putAll(connection.documents, connection.registrationsTable, [
  ...stored,
  createTombstone("gone@example.org", "withdrawn", "gone-1", Date.parse("2026-01-04T10:00:00.000Z")),
]);

async function search(...args: readonly string[]) {
  const run = await runCommand(["registrations", "search", ...args, "--json"], { env });
  t.ok(Compile(SearchOutput).Check(run.json()), "what it prints is what its schema says");
  const output = run.json() as { found: { email: string }[]; complete: boolean; read: number };
  return { ...output, code: run.code, emails: output.found.map(({ email }) => email) };
}

t.test("people are found in the table by part of an address or a name", async (t) => {
  t.match(await search("SON-299@"), { code: 0, emails: ["person-299@example.org"], complete: true, read: 301 });
  t.equal((await search("person 29")).found.length, 13);
  t.match(await search("gone"), { code: 0, found: [{ withdrawnAt: "2026-01-04T10:00:00.000Z", name: null }] });
  t.match(await search("nobody"), { code: 1, found: [] });
});

t.test("the limit says that there are more", async (t) => {
  t.match(await search("person", "--limit", "7"), { found: { length: 7 }, complete: false });
  const { stdout, stderr } = await runCommand(["registrations", "search", "person", "--limit", "7"], { env });
  t.match(stdout, /person-\d+@example.org +Person \d+ +\w{4}-\w{4} +2026-/);
  t.match(stderr, "there are more");
  t.match(await runCommand(["registrations", "search", " "], { env }), { code: 2 });
});

t.test("an export is read without a connection, with the same result", async (t) => {
  const out = join(t.testdir(), "people.csv");
  t.equal((await runCommand(["registrations", "export", "--format", "csv", "--out", out], { env })).code, 0);
  const nowhere = { SQS_PORT: "1", DYNAMODB_PORT: "1" };
  const run = await runCommand(["registrations", "search", "person 29", "--in", out, "--json"], { env: nowhere });
  t.match(run.json(), { found: { length: 13 }, read: 300 });
  const control = await runCommand(["registrations", "search", "person 29", "--json"], { env: nowhere });
  t.not(control.code, 0, "the table cannot be reached there");
  const counts = await runCommand(["registrations", "counts", "--in", out, "--json"], { env: nowhere });
  t.match(counts.json(), { registrations: 300, withdrawn: null });
});

t.test("answers and hours are counted, withdrawn ones apart", async (t) => {
  const run = await runCommand(["registrations", "counts", "--by", "guests", "--json"], { env });
  t.ok(Compile(CountsOutput).Check(run.json()), "what it prints is what its schema says");
  const counts = run.json() as { fields: { answers: { count: number }[] }[] };
  t.match(counts, { registrations: 300, withdrawn: 1, fields: [{ id: "guests" }], periods: [{ count: 300 }] });
  t.same(
    counts.fields[0]?.answers.map(({ count }) => count),
    [60, 60, 60, 60, 60],
  );
  const { stdout } = await runCommand(["registrations", "counts", "--by", "guests", "--per", "day"], { env });
  t.match(stdout, /300 registered; 1 withdrawn[^]*PEOPLE[^]*\n4 +60\n[^]*DAY \([A-Z]\w+(\/\w+)?\)/);
  t.match(await runCommand(["registrations", "counts", "--by", "nothing"], { env }), { code: 2, stderr: /nothing/ });
});

t.test("it ends at once when it is interrupted", async (t) => {
  const stop = new AbortController();
  const interruption = new Error("interrupted");
  const running = runCommand(["registrations", "search", "person", "--max-read-units", "1"], {
    env,
    signal: stop.signal,
  });
  stop.abort(interruption);
  t.not((await running).code, 0);
});
