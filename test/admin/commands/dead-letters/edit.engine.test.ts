import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { DeadLetterEditOutput } from "../../../../admin/commands/dead-letters/edit.ts";
import { createDeadLetterStore } from "../../../../shared/dead-letters/dead-letter-store.ts";
import { createRegistrationsStore } from "../../../../admin/registrations/registrations-store.ts";
import { ManyOutput } from "../../../../admin/commands/dead-letters/many-run.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, person, putAll, unreadable } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const { env, connection } = await startEngines(t, ["worker"]);
const { documents, deadLettersTable, registrationsTable } = connection;
const store = createDeadLetterStore(documents, deadLettersTable);
const validator = Compile(DeadLetterEditOutput);
const edit = (...line: string[]) => runCommand(["dead-letters", "edit", ...line], { env });

await putAll(documents, deadLettersTable, [
  deadLetter(1, { registration: { ...person(1), email: "nobody" }, reason: "invalid-registration" }),
  unreadable("raw-0123456789", "{"),
  deadLetter(3, { state: "resolved" }),
]);
const { id } = person(1);

t.test("an edit that breaks the schema is rejected with the pointer, and changes nothing", async (t) => {
  const { code, stderr } = await edit(id, "--set", "email=somebody", "--execute");
  t.equal(code, 1);
  t.match(stderr, /\/email[\s\S]*TURNOUT_REGISTRATION_INVALID/);
  const guests = await edit(id, "--set", "email=ann@example.org", "--set", "answers.guests=99", "--execute");
  t.equal(guests.code, 1);
  t.match(guests.stderr, "/answers/guests");
  t.match(await store.read(id), { history: { length: 1 }, registration: { email: "nobody" } });
});

t.test("without --execute it shows the difference and changes nothing", async (t) => {
  const { code, stdout, stderr } = await edit(id, "--set", "email=ann@example.org");
  t.equal(code, 0);
  t.match(stdout, /email +"nobody" +"ann@example.org"/);
  t.match(stderr, "dry run");
  t.match(await store.read(id), { registration: { email: "nobody" } });
});

t.test("an edit is kept with who, when, why and what it was; the body stays as it came", async (t) => {
  const before = await store.read(id);
  const run = await edit(id, "--set", "email=Ann@Example.org", "--why", "asked by phone", "--execute", "--json");
  t.equal(run.code, 0);
  t.ok(validator.Check(run.json()), "what it prints is what its schema says");
  const after = await store.read(id);
  t.match(after, {
    state: "open",
    body: before?.body,
    registration: { ...person(1), email: "ann@example.org" },
    history: [
      {},
      {
        what: "edited",
        who: / on /,
        detail: "asked by phone",
        changes: { email: { from: "nobody", to: "ann@example.org" } },
      },
    ],
  });
});

t.test("what was mended is stored by a replay, and its history shows all of it", async (t) => {
  const replay = await runCommand(["dead-letters", "replay", id, "--execute"], { env });
  t.equal(replay.code, 0);
  const registrations = createRegistrationsStore(documents, registrationsTable);
  t.match(await registrations.find("ann@example.org"), { registrationId: id, name: person(1).name });
  const history = (await store.read(id))?.history.map(({ what }) => what) ?? [];
  t.same(history.toSorted(), ["edited", "failed", "replayed", "resolved"]);
});

t.test("a body in which nothing could be read becomes a registration", async (t) => {
  const values = ["--set", "email=bob@example.org", "--set", "name=Bob"];
  t.equal((await edit("raw-0123456789", ...values, "--execute")).code, 0);
  t.equal((await runCommand(["dead-letters", "replay", "raw-0123456789", "--execute"], { env })).code, 0);
  const registrations = createRegistrationsStore(documents, registrationsTable);
  t.match(await registrations.find("bob@example.org"), { registrationId: "raw-0123456789", name: "Bob" });
  t.match(await store.read("raw-0123456789"), { state: "resolved", body: "{" });
});

t.test("what is not open cannot be edited", async (t) => {
  const { code, stderr } = await edit(person(3).id, "--set", "name=Ann", "--execute");
  t.equal(code, 1);
  t.match(stderr, "TURNOUT_DEAD_LETTER_CHANGED");
});

t.test("the audit log knows of it, and of nobody's address", async (t) => {
  const { stdout } = await runCommand(["log", "--json"], { env });
  t.match(stdout, "changed email");
  t.notMatch(stdout, "@example.org");
});

t.test("one change of many is planned, then made, and leaves what would not be valid", async (t) => {
  const typo = (number: number) =>
    deadLetter(number, {
      reason: "invalid-registration",
      registration: { ...person(number), email: `p${number}@exmaple` },
    });
  await putAll(documents, deadLettersTable, [
    typo(21),
    typo(22),
    deadLetter(23, { reason: "invalid-registration", registration: { ...person(23), email: "x y@exmaple" } }),
    deadLetter(24, { reason: "invalid-registration" }),
  ]);
  const line = ["--reason", "invalid-registration", "--text", "@exmaple", "--replace", "email=@exmaple=>@example.org"];
  const dry = await edit(...line);
  t.match(dry.stdout, /"p21@exmaple" +"p21@example.org"/);
  t.match(dry.stdout, /1 +\S+ +\/email/, "why one would not be valid");
  t.match(dry.stdout, /would change +2 of 3/);
  t.match(dry.stderr, "dry run");
  t.match(await store.read(person(21).id), { history: { length: 1 } });
  t.equal((await edit(...line, "--execute")).code, 2, "nobody can be asked");
  const run = await edit(...line, "--execute", "--yes", "--why", "typos", "--json");
  const output = run.json();
  t.ok(Compile(ManyOutput).Check(output), "what it prints is what its schema says", { found: output });
  t.match(output, { executed: true, selected: 3, counts: { change: 2, changed: 2, invalid: 1 }, stopped: null });
  t.equal(run.code, 1, "since one is left");
  t.match(await store.read(person(22).id), {
    registration: { email: "p22@example.org" },
    history: [{}, { detail: "typos" }],
  });
  t.match((await edit(...line, "--json")).json(), { counts: { change: 0 } }, "repeated, there is nothing to do");
  const two = await edit("--reason", "invalid-registration", "--set", "name=A", "--unset", "answers.guests");
  t.match(two, { code: 2, stderr: /one change of one field/ });
});
