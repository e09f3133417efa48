import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Compile } from "typebox/compile";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { t } from "../../../equipment/file-test.ts";
import { ByHandOutput } from "../../../../admin/commands/registrations/by-hand-output.ts";
import { composeCorrection } from "../../../../admin/registrations/by-hand.ts";
import { awaitResult, sendByHand } from "../../../../admin/registrations/by-hand-queue.ts";
import { createRegistrationsStore } from "../../../../admin/registrations/registrations-store.ts";
import { encodeChanges } from "../../../../shared/registration/registration-pack.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { eventually } from "../../../equipment/eventually.ts";

/** Closed long ago. */
const closed = {
  name: "Summit",
  description: "",
  opensAt: "2025-01-01T09:00:00Z",
  closesAt: "2025-01-02T18:00:00Z",
  timeZone: "Europe/Berlin",
  fields: [
    { id: "ticket", type: "select", label: "Days", options: ["Both", "Friday"], required: true },
    { id: "guests", type: "number", label: "Guests", minimum: 0, maximum: 4, integer: true },
    { id: "badge", type: "text", label: "Badge" },
    { id: "terms", type: "consent", label: "Terms", text: "I agree to everything.", required: true },
  ],
};
const file = join(t.testdir(), "event.json");
writeFileSync(file, JSON.stringify(closed));
const { env: ports, connection } = await startEngines(t, ["worker"], { EVENT_FILE: file });
const env = { ...ports, EVENT_FILE: file };
const store = createRegistrationsStore(connection.documents, connection.registrationsTable);

async function run(...args: readonly string[]) {
  const done = await runCommand(["registrations", ...args, "--why", "by phone", "--wait", "60", "--json"], { env });
  if (done.stdout !== "") t.ok(Compile(ByHandOutput).Check(done.json()), "what it prints is what its schema says");
  return done;
}
const person = ["--name", "Ann Lee", "--answer", "ticket=Friday", "--answer", "badge=007", "--answer", "terms=true"];

t.test("somebody is added through the queue though registration is closed, checked and logged", async (t) => {
  const added = await run("add", "--email", " ANN@Example.org", ...person, "--answer", "guests=2");
  t.match(added.json(), { result: "stored", email: "ann@example.org" });
  t.equal(added.code, 0);
  const stored = await store.find("ann@example.org");
  t.match(stored?.answers, { ticket: "Friday", guests: 2, badge: "007", terms: /^sha256:\w+ I agree to everything/ });
  t.match(stored, { registrationId: (added.json() as ByHand).registrationId });
  const log = await runCommand(["log", "--json"], { env });
  t.match(log.json(), { lines: [{ action: "add", why: "by phone" }] });
  t.notMatch(log.stdout, /ann@|Ann Lee/i, "no attendee data in the log");
});

t.test("a known address is told by its outcome, and what is stored stays", async (t) => {
  const again = await run("add", "--email", "ann@example.org", "--name", "Other", ...person.slice(2));
  t.match(again, { code: 1 });
  t.match(again.json(), { result: "duplicate" });
  t.match(await store.find("ann@example.org"), { name: "Ann Lee" });
});

t.test("what the event does not allow is refused with every error, and nothing is sent or logged", async (t) => {
  const logged = async () =>
    ((await runCommand(["log", "--json"], { env })).json() as { lines: unknown[] }).lines.length;
  const before = await logged();
  const invalid = await run("add", "--email", "bob@example.org", "--name", "Bob", "--answer", "guests=9");
  t.match(invalid, { code: 1, stderr: /answers\/ticket[^]*answers\/guests|answers\/guests[^]*answers\/ticket/ });
  t.match(invalid.stderr, "/answers/terms", "a consent is asked for as of everybody");
  t.equal(await logged(), before);
  const noWhy = await runCommand(["registrations", "add", "--email", "bob@example.org", ...person], { env });
  t.equal(noWhy.code, 2);
});

t.test("a correction changes what is named, keeps the rest, and another one can follow", async (t) => {
  const corrected = await run("correct", "--email", "ann@example.org", "--name", "Ann Lee-Jones", "--clear", "badge");
  t.match(corrected.json(), { result: "stored" });
  const stored = await store.find("ann@example.org");
  t.match(stored, { name: "Ann Lee-Jones", answers: { ticket: "Friday", guests: 2 }, mailbox: undefined });
  t.notOk("badge" in (stored?.answers ?? {}));
  t.match((await run("correct", "--email", "ann@example.org", "--answer", "guests=3")).json(), { result: "stored" });
  t.match(await store.find("ann@example.org"), { name: "Ann Lee-Jones", answers: { guests: 3 } });
  t.match(await run("correct", "--email", "ann@example.org", "--answer", "guests=3"), {
    code: 2,
    stderr: /Nothing would/,
  });
  t.match(await run("correct", "--email", "nobody@example.org", "--name", "X"), { code: 1, stderr: /not registered/ });
});

t.test(
  "it counts over a change by a mailed link, whose claim stays, and the attendee can change it again",
  async (t) => {
    const stored = await store.find("ann@example.org");
    t.ok(stored);
    if (!stored) return;
    const { registrationId: id, email, submittedAt, answers } = stored;
    async function change(name: string, mailbox: boolean): Promise<void> {
      const seen = await store.find(email);
      const changedAt = new Date(Math.max(Date.now(), Date.parse(seen?.changedAt ?? submittedAt) + 1)).toISOString();
      const entry = { kind: "correction", id, email, name, answers, submittedAt, changedAt } as const;
      const MessageBody = encodeChanges([mailbox ? { ...entry, mailbox } : entry]);
      await connection.sqs.send(new SendMessageCommand({ QueueUrl: connection.queueUrl, MessageBody }));
    }
    const nameIs = (name: string) => eventually(async () => (await store.find(email))?.name === name, name);
    await change("By mail", true);
    await nameIs("By mail");
    t.match((await run("correct", "--email", email, "--name", "By an admin")).json(), { result: "stored" });
    t.match(await store.find(email), { name: "By an admin", mailbox: true });
    await change("By mail again", true);
    await nameIs("By mail again");
    t.equal((await store.find(email))?.name, "By mail again");
  },
);

t.test("a correction that a later one overtook says so", async (t) => {
  const stored = await store.find("ann@example.org");
  // What somebody else stored between this one's reading and its storing, as a clock far ahead would.
  const Item = { ...stored, changedAt: "2099-01-01T00:00:00.000Z", mailbox: true };
  const { documents, registrationsTable } = connection;
  if (!stored) return t.fail("it is stored");
  const { correction } = composeCorrection(stored, [{ field: "name", value: "Late" }], undefined, Date.now());
  await documents.send(new PutCommand({ TableName: registrationsTable, Item }));
  await sendByHand(correction, { connection, why: "test", note: () => {} });
  t.equal(await awaitResult(correction, connection, 30, new AbortController().signal), "superseded");
});

t.test("while nobody stores, it is said that it waits and how to see it later", async (t) => {
  const alone = await runCommand(
    ["registrations", "add", "--email", "eve@example.org", ...person, "--why", "x", "--wait", "0"],
    { env },
  );
  t.match(alone, { code: 0 });
  t.match(alone.stdout + alone.stderr, /on the queue|Stored/);
  await eventually(async () => (await store.find("eve@example.org")) !== undefined, "stored later");
});

interface ByHand {
  readonly registrationId: string;
}
