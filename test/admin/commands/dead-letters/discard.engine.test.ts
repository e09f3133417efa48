import { DeleteCommand, GetCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../../equipment/file-test.ts";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { DiscardOutput } from "../../../../admin/commands/dead-letters/discard.ts";
import { createDeadLetterStore } from "../../../../shared/dead-letters/dead-letter-store.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, person, putAll } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const { env, connection } = await startEngines(t);
const store = createDeadLetterStore(connection.documents, connection.deadLettersTable);
const validator = Compile(DiscardOutput);
await putAll(connection.documents, connection.deadLettersTable, [
  deadLetter(1),
  deadLetter(2),
  deadLetter(3, { state: "resolved" }),
]);
const ids = [1, 2, 3].map((number) => person(number).id);

async function discard(...line: string[]) {
  const run = await runCommand(["dead-letters", "discard", ...line, "--why", "spam", "--json"], { env });
  t.ok(validator.Check(run.json()), "what it prints is what its schema says", { found: run.json() });
  return { code: run.code, output: run.json() as Static<typeof DiscardOutput> };
}

t.test("a dry run says what would happen and changes nothing", async (t) => {
  const { code, output } = await discard(...ids, "none");
  t.equal(code, 1, "since not all can be discarded");
  t.same(
    output.outcomes.map(({ fate }) => fate),
    ["discardable", "discardable", "skipped", "missing"],
  );
  t.match(await store.read(ids[0]!), { state: "open" });
});

t.test("where nobody can be asked, it takes --yes", async (t) => {
  const { code, stderr } = await runCommand(["dead-letters", "discard", ids[0]!, "--why", "spam", "--execute"], {
    env,
  });
  t.equal(code, 2);
  t.match(stderr, "--yes");
  t.match(await store.read(ids[0]!), { state: "open" });
});

t.test("what is discarded is kept, with who and why, and twice is no failure", async (t) => {
  for (const _ of [1, 2]) {
    const { code, output } = await discard(ids[0]!, ids[1]!, "--execute", "--yes");
    t.equal(code, 0);
    t.match(output.outcomes, [{ fate: "discarded" }, { fate: "discarded" }]);
  }
  t.match(await store.read(ids[0]!), {
    state: "discarded",
    registration: person(1),
    history: [{ what: "failed" }, { what: "discarded", who: / on /, detail: "spam" }],
  });
});

t.test("their receipts are told that it was given up, by an outcome of each", async (t) => {
  const outcomeOf = async (id: string) =>
    (await connection.documents.send(new GetCommand({ TableName: connection.outcomesTable, Key: { id } }))).Item;
  for (const id of [ids[0]!, ids[1]!]) t.match(await outcomeOf(id), { outcome: "discarded" });
  t.equal(await outcomeOf("none"), undefined);
  await connection.documents.send(new DeleteCommand({ TableName: connection.outcomesTable, Key: { id: ids[0]! } }));
  await discard(ids[0]!, "--execute", "--yes");
  t.match(await outcomeOf(ids[0]!), { outcome: "discarded" }, "written by the next run, where one was cut short");
});

t.test("what is discarded is not replayed", async (t) => {
  const run = await runCommand(["dead-letters", "replay", ids[0]!, "--execute", "--json"], { env });
  t.match(run.json(), { sent: 0, counts: { skipped: 1 } });
});

t.test("without a reason it is not done", async (t) => {
  t.equal((await runCommand(["dead-letters", "discard", ids[0]!, "--execute", "--yes"], { env })).code, 2);
});

t.test("of a filter, the open ones are discarded, as one entry of the audit log that says what happened", async (t) => {
  await putAll(connection.documents, connection.deadLettersTable, [
    deadLetter(11, { reason: "malformed" }),
    deadLetter(12, { reason: "malformed" }),
    deadLetter(13, { reason: "malformed", state: "resolved" }),
    deadLetter(14),
  ]);
  const dry = await discard("--reason", "malformed");
  t.match(dry, { code: 0, output: { executed: false, outcomes: { length: 2 } } });
  const { code, output } = await discard("--reason", "malformed", "--execute", "--yes");
  t.equal(code, 0);
  t.match(output.outcomes, [{ fate: "discarded" }, { fate: "discarded" }]);
  t.match(await store.read(person(14).id), { state: "open" }, "control: another reason");
  t.same((await discard("--reason", "malformed", "--execute", "--yes")).output.outcomes, [], "nothing is left to do");
  const { stdout } = await runCommand(["log", "--json"], { env });
  t.match(stdout, '"discarded 2"');
  t.notMatch(stdout, "its end is not known");
  t.equal((await runCommand(["dead-letters", "discard", "--why", "x"], { env })).code, 2, "not all by accident");
});
