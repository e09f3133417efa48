import t from "tap";
import { createDeadLetterStore } from "../../../admin/dead-letters/dead-letter-store.ts";
import { eraseTraces, findTraces, type ForgetOptions } from "../../../admin/registrations/forget.ts";
import { createRegistrationsStore } from "../../../admin/registrations/registrations-store.ts";
import { deadLetter, person, putAll, unreadable } from "../dead-letter-seeds.ts";
import { startEngines } from "../engines.ts";

const { connection } = await startEngines(t);
const { documents, sqs, queueUrl, deadLetterQueueUrl, deadLettersTable, registrationsTable } = connection;
const deadLetters = createDeadLetterStore(documents, deadLettersTable);
const options: ForgetOptions = {
  registrations: createRegistrationsStore(documents, registrationsTable),
  deadLetters,
  sqs,
  queueUrls: [queueUrl, deadLetterQueueUrl],
  signal: new AbortController().signal,
};
const { email } = person(1);

t.test("a person is found everywhere and erased everywhere, and nobody else", async (t) => {
  const mixed = JSON.stringify({ v: 2, registrations: [person(1), person(2)] });
  await putAll(documents, registrationsTable, [
    { email, name: "Ann" },
    { email: person(2).email, name: "Bob" },
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
  const traces = await findTraces(email, options);
  t.match(traces, { registered: true, messages: 0, otherAddresses: ["new@example.org"] });
  t.same(
    traces.deadLetters.map(({ record, erasure }) => `${record.id} ${erasure.kind}`).toSorted(),
    [`${person(1).id} whole`, `${person(3).id} whole`, "raw-mixed entry", "raw-text address"].toSorted(),
  );

  const forgotten = await eraseTraces(email, traces, options, "ann");
  t.equal(forgotten.registration, true);
  t.ok(forgotten.deadLetters.every(({ done }) => done));
  t.match(await findTraces(email, options), { registered: false, deadLetters: [] }, "nothing is left");
  t.match(await options.registrations.find(person(2).email), { name: "Bob" });
  t.match(await deadLetters.read(person(2).id), { state: "open" });
  const rest = await deadLetters.read("raw-mixed");
  t.same(JSON.parse(rest?.body ?? ""), { v: 2, registrations: [person(2)] });
  t.match(rest?.history.at(-1), { who: "ann", what: "edited" });
});

t.test("a record that changes between the look and the erasure is told, and found again", async (t) => {
  await putAll(documents, deadLettersTable, [unreadable("raw-busy", `broken ${email}`)]);
  const traces = await findTraces(email, options);
  await putAll(documents, deadLettersTable, [unreadable("raw-busy", `broken ${email}`, { failures: 2 })]);
  const forgotten = await eraseTraces(email, traces, options, "ann");
  t.same(forgotten.deadLetters, [{ id: "raw-busy", done: false }]);
  t.equal((await findTraces(email, options)).deadLetters.length, 1);
});
