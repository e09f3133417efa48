import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { referenceOf } from "../../../../shared/registration/reference.ts";
import { createTombstone } from "../../../../shared/registration/tombstone.ts";
import { FindByReferenceOutput, FindOutput } from "../../../../admin/commands/registrations/find.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, person, putAll } from "../../../equipment/dead-letter-seeds.ts";
import { startMailEngine } from "../../../equipment/mail-engine.ts";
import { localStack } from "../../../../terminal/local-stack.ts";
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

t.test("when it was corrected last is told, and through what", async (t) => {
  const changedAt = "2026-01-03T10:00:00.000Z";
  const corrected = { ...stored, email: "ann@example.org", changedAt, mailbox: true, language: "de" };
  await putAll(connection.documents, connection.registrationsTable, [corrected]);
  t.match((await find("ann@example.org")).output, { registration: { changedAt, mailbox: true, language: "de" } });
  const { stdout } = await runCommand(["registrations", "find", "ann@example.org"], { env });
  t.match(stdout, /^changedAt +2026-01-03 11:00:00 CET; a link from a mail was used$/m);
});

t.test("one that was withdrawn is not registered, and it is told since when", async (t) => {
  const tombstones = [
    createTombstone("gone@example.org", "withdrawn", "gone-1", Date.parse("2026-01-04T10:00:00.000Z")),
    createTombstone("erased@example.org", "erased", "erased-1", 0),
  ];
  await putAll(connection.documents, connection.registrationsTable, tombstones);
  const { code, output } = await find("gone@example.org");
  t.equal(code, 1);
  t.match(output, { registration: null, withdrawnAt: "2026-01-04T10:00:00.000Z" });
  const { stdout } = await runCommand(["registrations", "find", "gone@example.org"], { env });
  t.match(stdout, "is not registered: withdrawn by the attendee at 2026-01-04 11:00:00 CET");
  t.match((await find("erased@example.org")).output, { registration: null, withdrawnAt: null });
});

t.test("the mails of a registration are told with what became of them", async (t) => {
  // Where an SES answers, mails are sent.
  const { url } = await startMailEngine(t);
  const withMail = { ...env, MAIL_PORT: new URL(url).port };
  const at = "2026-01-01T10:00:05.000Z";
  const mail = { id: `confirmed/${id}`, outcome: "rejected", at, detail: "bounced" };
  await putAll(connection.documents, localStack.mailsTable, [mail]);
  const run = await runCommand(["registrations", "find", person(1).email, "--json"], { env: withMail });
  t.match(run.json(), { mails: [{ kind: "confirmed", outcome: "rejected", at, detail: "bounced" }] });
  const { stdout } = await runCommand(["registrations", "find", person(1).email], { env: withMail });
  t.match(stdout, "Mail confirmed: rejected at 2026-01-01 11:00:05 CET, bounced");
  t.match((await find(person(1).email)).output, { mails: [] }, "and none where mail is off");
});

t.test("an address that is not registered ends with 1, and tells why that may be", async (t) => {
  const { code, output } = await find(person(2).email);
  t.equal(code, 1);
  t.match(output, { registration: null, deadLetters: [{ id: person(2).id, state: "open" }] });
});

t.test("for people it is one field a line", async (t) => {
  const { stdout } = await runCommand(["registrations", "find", person(1).email], { env });
  t.match(stdout, /^name +Person 1$/m);
  t.match(stdout, /^Guests you bring along +1$/m);
  const missing = await runCommand(["registrations", "find", person(3).email], { env });
  t.match(missing.stdout, "is not registered");
});

t.test("a reference leads to what is stored, withdrawn, dead-lettered, and submitted a second time", async (t) => {
  async function findAll(reference: string) {
    const run = await runCommand(["registrations", "find", reference, "--json"], { env });
    t.ok(Compile(FindByReferenceOutput).Check(run.json()), "what it prints is what its schema says");
    const { found } = run.json() as { found: { email: string; withdrawnAt: string | null }[] };
    return { code: run.code, output: run.json(), emails: found.map(({ email }) => email) };
  }
  const { id: registrationId, ...rest } = person(4);
  const four = { ...rest, registrationId, storedAt: "2026-01-01T10:00:00.000Z" };
  await putAll(connection.documents, connection.registrationsTable, [four]);
  const reference = referenceOf(registrationId);
  const { code, output, emails } = await findAll(reference.replace("-", "").toLowerCase());
  t.equal(code, 0);
  t.match(output, { reference, found: [{ email: four.email, registration: four, reference }] });
  t.equal(emails.length, 1);

  const at = "2026-01-01T10:00:00.000Z";
  const again = { id: "second-1", outcome: "duplicate", at, duplicateOf: registrationId };
  await putAll(connection.documents, connection.outcomesTable, [again, { id: "other", outcome: "discarded", at }]);
  t.same((await findAll(referenceOf("second-1"))).emails, [four.email], "its page shows a reference of its own");

  const gone = [
    createTombstone("left@example.org", "withdrawn", "left-1", Date.parse(at)),
    createTombstone("forgotten@example.org", "erased", "forgotten-1", Date.parse(at)),
  ];
  await putAll(connection.documents, connection.registrationsTable, gone);
  t.match(await findAll(referenceOf("left-1")), { code: 1, output: { found: [{ withdrawnAt: at }] } });
  t.match(await findAll(referenceOf("forgotten-1")), { code: 1, emails: [] }, "what was erased is nobody's");
  t.match(await findAll(referenceOf(person(2).id)), { code: 1, emails: [person(2).email] }, "a dead letter's");
});

t.test("where two share a reference, both are shown", async (t) => {
  // Found by trying: about one pair among a million.
  const twins = ["id-1273920", "id-2034804"].map((registrationId, index) => {
    const { id: _id, ...rest } = person(10 + index);
    return { ...rest, registrationId, storedAt: "2026-01-01T10:00:00.000Z" };
  });
  await putAll(connection.documents, connection.registrationsTable, twins);
  const { code, stdout } = await runCommand(["registrations", "find", "CGNN-G623"], { env });
  t.equal(code, 0);
  for (const { email } of twins) t.match(stdout, email);
});

t.test("a reference that nothing has ends with 1, and what is neither is wrong usage that tells both", async (t) => {
  t.match(await runCommand(["registrations", "find", "AAAA-AAAA"], { env }), {
    code: 1,
    stdout: /Nothing that is stored has this reference/,
  });
  t.match(await runCommand(["registrations", "find", "AAAA-AAA"], { env }), { code: 2, stderr: /W7K3-M9XA/ });
});
