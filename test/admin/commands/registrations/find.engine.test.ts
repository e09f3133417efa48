import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { FindOutput } from "../../../../admin/commands/registrations/find.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, person, putAll } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const { env, connection } = await startEngines(t);
const { id, ...content } = person(1);
const stored = { ...content, registrationId: id, storedAt: "2026-01-01T10:00:00.000Z" };
await putAll(connection.documents, connection.registrationsTable, [stored]);
await putAll(connection.documents, connection.deadLettersTable, [deadLetter(1, { state: "resolved" }), deadLetter(2)]);

async function find(email: string) {
  const run = await runCommand(["registrations", "find", email, "--json"], { env });
  t.ok(Compile(FindOutput).Check(run.json()), "what it prints is what its schema says", { found: run.json() });
  return { code: run.code, output: run.json() };
}

t.test("a registration is found in any spelling of its address, with its dead letters", async (t) => {
  const { code, output } = await find(" PERSON-1@Example.ORG ");
  t.equal(code, 0);
  t.match(output, { email: person(1).email, registration: stored, deadLetters: [{ id, state: "resolved" }] });
});

t.test("an address that is not registered ends with 1, and tells why that may be", async (t) => {
  const { code, output } = await find(person(2).email);
  t.equal(code, 1);
  t.match(output, { registration: null, deadLetters: [{ id: person(2).id, state: "open" }] });
});

t.test("for people it is one field a line", async (t) => {
  const { stdout } = await runCommand(["registrations", "find", person(1).email], { env });
  t.match(stdout, /^name +Person 1$/m);
  t.match(stdout, /^guests +1$/m);
  const missing = await runCommand(["registrations", "find", person(3).email], { env });
  t.match(missing.stdout, "is not registered");
});
