import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { ReplayOutput } from "../../../../admin/commands/dead-letters/replay-output.ts";
import type { DeadLetterRecord } from "../../../../shared/dead-letters/dead-letter-record.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, deadLetters, person, putAll, unreadable } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const validator = Compile(ReplayOutput);
const { env, connection } = await startEngines(t, ["worker"]);
const { documents, deadLettersTable, registrationsTable } = connection;

async function replay(...line: string[]) {
  const run = await runCommand(["dead-letters", "replay", ...line, "--json"], { env });
  t.ok(validator.Check(run.json()), "what it prints is what its schema says", { found: run.json() });
  return { ...run, output: run.json() as ReplayOutput };
}

async function record(id: string): Promise<DeadLetterRecord> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: deadLettersTable, Key: { id }, ConsistentRead: true }),
  );
  return Item as DeadLetterRecord;
}

async function stored(email: string) {
  const { Item } = await documents.send(
    new GetCommand({ TableName: registrationsTable, Key: { email }, ConsistentRead: true }),
  );
  return Item;
}

t.test("a dry run checks every body again and changes nothing", async (t) => {
  const broken = deadLetter(2, { registration: { ...person(2), email: "not an address" } });
  await putAll(documents, deadLettersTable, [
    deadLetter(1),
    broken,
    unreadable("raw-1", "{"),
    deadLetter(3, { state: "resolved" }),
  ]);
  const { code, output } = await replay("--all");
  t.equal(code, 1, "since some cannot be replayed");
  t.match(output, { executed: false, selected: 3, sent: 0, counts: { replayable: 1, refused: 2 } });
  const refused = output.outcomes.find(({ id }) => id === broken.id);
  t.match(refused?.detail, "/email", "and says where it is wrong");
  t.equal((await record(person(1).id)).state, "open");
  t.equal(await stored(person(1).email), undefined);
});

t.test("a replay stores the registration and closes the record, whose history tells", async (t) => {
  const { code, output } = await replay(person(1).id, "--execute", "--why", "the table was missing");
  t.equal(code, 0);
  t.match(output, { executed: true, sent: 1, counts: { resolved: 1 }, stopped: null });
  const { id, email, submittedAt } = person(1);
  t.match(await stored(email), { registrationId: id, submittedAt }, "as it was first accepted");
  const { state, history } = await record(id);
  t.equal(state, "resolved");
  t.strictSame(
    history.map(({ what }) => what),
    ["failed", "replayed", "resolved"],
    "in this order, however fast the worker was",
  );
  t.match(
    history.find(({ what }) => what === "replayed"),
    { who: / on /, detail: "the table was missing" },
  );
});

t.test("a second replay has nothing to do and is no failure", async (t) => {
  const { code, output } = await replay(person(1).id, "--execute");
  t.equal(code, 0);
  t.match(output, { sent: 0, counts: { skipped: 1 } });
});

t.test("a registration whose address is registered meanwhile is resolved, and the first one stays", async (t) => {
  const late = { ...person(1), id: "another-submission-1", name: "Late" };
  await putAll(documents, deadLettersTable, [deadLetter(1, { id: late.id, registration: late })]);
  const { code, output } = await replay(late.id, "--execute");
  t.equal(code, 0);
  t.match(output.outcomes, [{ fate: "resolved", detail: /already registered/ }]);
  t.match(await stored(late.email), { name: person(1).name });
});

t.test("hundreds go in growing steps, and what cannot be sent does not hold up the rest", async (t) => {
  await putAll(documents, deadLettersTable, deadLetters(300, 1_000));
  const { code, output } = await replay("--reason", "crash-loop", "--execute", "--rate", "2000");
  t.equal(code, 1, "since one is rejected");
  t.match(output, { selected: 301, sent: 300, counts: { resolved: 300, refused: 1, untouched: 0 }, stopped: null });
});

t.test("it says what is missing, and what is not clear", async (t) => {
  const { code, output } = await replay("no-such-id");
  t.equal(code, 1);
  t.match(output.counts, { missing: 1 });
  for (const line of [[], ["some-id", "--all"]]) {
    const run = await runCommand(["dead-letters", "replay", ...line], { env });
    t.equal(run.code, 2);
    t.match(run.stderr, "TURNOUT_USAGE_INVALID");
  }
});

t.test("for people it prints each outcome, and how to go on", async (t) => {
  await putAll(documents, deadLettersTable, [deadLetter(5_000)]);
  const { code, stdout, stderr } = await runCommand(["dead-letters", "replay", person(5_000).id], { env });
  t.equal(code, 0);
  t.match(stdout, /would be sent/);
  t.match(stderr, "--execute");
});
