import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, ExecuteStatementCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { eraseTraces, findTraces, type ForgetOptions } from "../../../admin/registrations/forget.ts";
import { createMailsStore } from "../../../admin/registrations/mails-store.ts";
import { createOutcomesStore } from "../../../admin/registrations/outcomes-store.ts";
import { createRegistrationsStore } from "../../../admin/registrations/registrations-store.ts";
import { createStatusReader } from "../../../web/status/registration-status.ts";
import { createStatusReads } from "../../../web/status/status-reads.ts";
import { deadLetter, person, putAll, unreadable } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const now = Date.parse("2026-01-02T00:00:00.000Z");
const { connection } = await startEngines(t);
const { documents, sqs, queueUrl, deadLetterQueueUrl, deadLettersTable, registrationsTable, outcomesTable } =
  connection;
const deadLetters = createDeadLetterStore(documents, deadLettersTable);
const mailsTable = "mails-of-the-forgotten";
await documents.send(
  new CreateTableCommand({
    TableName: mailsTable,
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
  }),
);
const mails = createMailsStore(documents, mailsTable);
const { signal } = new AbortController();
const options: ForgetOptions = {
  mails,
  registrations: createRegistrationsStore(documents, registrationsTable),
  outcomes: createOutcomesStore(documents, outcomesTable),
  deadLetters,
  sqs,
  queueUrls: [queueUrl, deadLetterQueueUrl],
  signal,
  wallClock: () => now,
};
const statuses = createStatusReader({
  reads: createStatusReads({
    documents,
    registrationsTable,
    outcomesTable,
    deadLettersTable,
    maxReadsInFlight: 1,
    maxWaiting: 100,
    random: () => 0,
  }),
  wallClock: () => now,
});
const { email } = person(1);
/** What the receipt of a registration shows; nothing for 404. */
const status = async (registrationId: string, address = email) =>
  (await statuses.read({ email: address, registrationId, submittedAt: person(1).submittedAt }))?.status;

t.test("a person is found everywhere and erased everywhere, and nobody else", async (t) => {
  const mixed = JSON.stringify({ v: 9, registrations: [person(1), person(2)] });
  await putAll(documents, registrationsTable, [
    { email, registrationId: "ann-1", name: "Ann" },
    { email: person(2).email, registrationId: "bob-1", name: "Bob" },
  ]);
  await putAll(documents, outcomesTable, [
    { id: "ann-2", outcome: "duplicate", at: "", duplicateOf: "ann-1" },
    { id: "bob-2", outcome: "duplicate", at: "", duplicateOf: "bob-1" },
  ]);
  await putAll(documents, deadLettersTable, [
    deadLetter(1),
    deadLetter(2),
    deadLetter(3, {
      registration: { ...person(3), email: "new@example.org" },
      history: [
        { at: "", who: "ann", what: "edited", detail: "", changes: { email: { from: email, to: "new@example.org" } } },
      ],
    }),
    unreadable("raw-mixed", mixed),
    unreadable("raw-text", `broken ${email}`),
  ]);
  const mailed = ["confirmed/ann-1", "already-registered/ann-2", `confirmed/${person(3).id}`, "confirmed/bob-1"];
  await putAll(
    documents,
    mailsTable,
    mailed.map((id) => ({ id, outcome: "sent", at: "", detail: email })),
  );
  const traces = await findTraces(email, options);
  t.match(traces, { registered: true, duplicates: 1, messages: 0, otherAddresses: ["new@example.org"] });
  t.same(
    traces.deadLetters.map(({ record, erasure }) => `${record.id} ${erasure.kind}`).toSorted(),
    [`${person(1).id} whole`, `${person(3).id} whole`, "raw-mixed entry", "raw-text address"].toSorted(),
  );

  const forgotten = await eraseTraces(email, traces, options, "ann");
  t.match(forgotten, { registration: true, duplicates: 1 });
  t.ok(forgotten.deadLetters.every(({ done }) => done));
  t.match(await findTraces(email, options), { registered: false, deadLetters: [] }, "nothing is left");
  t.match(await options.registrations.find(person(2).email), { name: "Bob" });
  t.match(await deadLetters.read(person(2).id), { state: "open" });
  const rest = await deadLetters.read("raw-mixed");
  t.same(JSON.parse(rest?.body ?? ""), { v: 9, registrations: [person(2)] });
  t.match(rest?.history.at(-1), { who: "ann", what: "edited" });

  for (const id of ["ann-1", "ann-2", person(3).id]) t.same(await mails.find(id, signal), [], `the mails of ${id}`);
  t.match(await mails.find("bob-1", signal), [{ outcome: "sent" }]);
  for (const id of ["ann-1", "ann-2", person(1).id, person(3).id]) t.equal(await status(id), undefined, id);
  for (const id of ["bob-1", "bob-2"]) t.equal(await status(id, person(2).email), "confirmed", id);
  t.equal(await status("ann-9"), "pending", "who registers again afterwards is asked for on the queue");
  await putAll(documents, registrationsTable, [{ email, registrationId: "ann-9", name: "Ann" }]);
  t.equal(await status("ann-9"), "confirmed");
  t.equal(await status("ann-1"), undefined, "and that does not bring the erased one back");
});

t.test(
  "an address of which nothing is stored yet gets a tombstone, so that what is queued cannot be stored",
  async (t) => {
    const address = "queued@example.org";
    const traces = await findTraces(address, options);
    t.match(traces, { registered: false, duplicates: 0, deadLetters: [] });
    t.match(await eraseTraces(address, traces, options, "ann"), { registration: false, duplicates: 0 });
    // As the worker does.
    const Statement = `INSERT INTO "${registrationsTable}" VALUE {'email': '${address}', 'registrationId': 'q-1'}`;
    const insert = () => documents.send(new ExecuteStatementCommand({ Statement }));
    await t.rejects(insert(), { name: "DuplicateItemException" });
    await documents.send(new DeleteCommand({ TableName: registrationsTable, Key: { email: address } }));
    await t.resolves(insert(), "control: without it, it is stored");
  },
);

t.test("a record that changes between the read and the erasure is told, and found again", async (t) => {
  await putAll(documents, deadLettersTable, [unreadable("raw-busy", `broken ${email}`)]);
  const traces = await findTraces(email, options);
  await putAll(documents, deadLettersTable, [unreadable("raw-busy", `broken ${email}`, { failures: 2 })]);
  const forgotten = await eraseTraces(email, traces, options, "ann");
  t.same(forgotten.deadLetters, [{ id: "raw-busy", done: false }]);
  t.equal((await findTraces(email, options)).deadLetters.length, 1);
});
