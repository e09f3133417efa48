import { t } from "../../equipment/file-test.ts";
import { parseAssignment, parseRemoval, proposeEdit, type FieldChange } from "../../../admin/dead-letters/edit.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { createConsentRecords } from "../../../shared/registration/consent.ts";
import { fieldsEvent, fullAnswers } from "../../equipment/fields-event.ts";
import type { DeadLetterRecord } from "../../../shared/dead-letters/dead-letter-record.ts";
import { isRegistration, type Registration } from "../../../shared/registration/registration.ts";
import { deadLetter, person, unreadable } from "../../equipment/dead-letter-seeds.ts";

const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2026-01-01T00:00:00Z",
  closesAt: "2027-01-01T00:00:00Z",
  timeZone: "UTC",
  fields: [{ id: "guests", type: "number", label: "Guests", minimum: 0, maximum: 4, integer: true }],
});

function propose(record: DeadLetterRecord, ...assignments: string[]) {
  const changes: FieldChange[] = assignments.map((text) =>
    text.includes("=") ? parseAssignment(text) : parseRemoval(text),
  );
  return proposeEdit(record, record.body ?? "", changes, event);
}

function packOf(entry: unknown): string {
  return JSON.stringify({ v: 1, registrations: [entry] });
}

t.test("fields are set and taken away, in the form in which they are stored", async (t) => {
  const { registration, changes } = propose(
    deadLetter(3),
    "email= Ann@Bücher.Example",
    "name= Ann Lee ",
    "answers.guests",
  );
  t.same(registration, { ...person(3), email: "ann@xn--bcher-kva.example", name: "Ann Lee", answers: {} });
  t.same(changes, {
    email: { from: person(3).email, to: "ann@xn--bcher-kva.example" },
    name: { from: "Person 3", to: "Ann Lee" },
    "answers.guests": { from: 3, to: null },
  });
});

t.test("an answer is a number or a tick where it reads like one", async (t) => {
  t.match(parseAssignment("answers.guests=2"), { value: 2 });
  t.match(parseAssignment("answers.newsletter=true"), { value: true });
  t.match(parseAssignment('answers.code="2"'), { value: "2" });
  t.match(parseAssignment("answers.note=a=b"), { field: "answers.note", value: "a=b" });
  t.match(parseAssignment("name=2"), { value: "2" }, "but a name is a text");
});

t.test("an answer is a list of options where it reads like one", async (t) => {
  t.same(parseAssignment('answers.days=["Friday","Sunday"]').value, ["Friday", "Sunday"]);
  t.equal(parseAssignment("answers.days=[1]").value, "[1]", "and a text where it does not");
});

t.test("what is kept of a consent stays valid in an edit, and its conditions count", async (t) => {
  const own = fieldsEvent();
  const answers = createConsentRecords(own).keep(fullAnswers);
  const record = deadLetter(1, { registration: { ...person(1), answers } });
  const edit = (...assignments: string[]) => proposeEdit(record, "", assignments.map(parseAssignment), own);
  t.same(edit('answers.workshops=["Zig"]').registration.answers.workshops, ["Zig"]);
  t.equal(edit("name=Ann").registration.answers.photos, answers.photos);
  const invalid = { code: "TURNOUT_REGISTRATION_INVALID" };
  t.throws(() => edit("answers.photos=true"), invalid, "nobody can agree for somebody else");
  t.throws(() => edit("answers.ticket=Friday"), {
    ...invalid,
    validationErrors: [{ pointer: "/answers/workshops", detail: /only asked if ticket is Both days/ }],
  });
  const unset = [parseRemoval("answers.workshops"), parseRemoval("answers.laptop")];
  t.throws(() => proposeEdit(record, "", unset, own), {
    ...invalid,
    validationErrors: [{ pointer: "/answers/workshops", detail: "is missing" }],
  });
  t.throws(() => edit('answers.workshops=["COBOL"]'), invalid);
});

t.test("only what belongs to an admin can be set", async (t) => {
  for (const text of ["id=x", "submittedAt=now", "email", "answers.=1", "answers.__proto__=1", "=x", "constructor=1"]) {
    t.throws(() => parseAssignment(text), { code: "TURNOUT_USAGE_INVALID" }, text);
  }
  t.throws(() => parseRemoval("id"), { code: "TURNOUT_USAGE_INVALID" });
});

t.test("what would break the schema is rejected with a pointer", async (t) => {
  const rejection = (pointer: string) => ({ code: "TURNOUT_REGISTRATION_INVALID", validationErrors: [{ pointer }] });
  t.throws(() => propose(deadLetter(1), "email=nobody"), rejection("/email"));
  t.throws(() => propose(deadLetter(1), "name="), rejection("/name"));
  t.throws(() => propose(deadLetter(1), "answers.guests=9"), rejection("/answers/guests"), "as the event asks");
  t.throws(() => propose(deadLetter(1), "answers.colour=red"), { code: "TURNOUT_REGISTRATION_INVALID" });
  const long = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${index}`, "x".repeat(2_000)]));
  const large = deadLetter(1, { registration: { ...person(1), answers: long } });
  t.throws(
    () => proposeEdit(large, "", [parseAssignment("name=Ann")], undefined),
    { code: "TURNOUT_REGISTRATION_INVALID", validationErrors: [{ detail: /bytes/ }] },
    "and what does not fit into a message",
  );
});

t.test("without an event, answers are only checked as for every event", async (t) => {
  const { registration } = proposeEdit(deadLetter(1), "", [parseAssignment("answers.colour=red")], undefined);
  t.equal(registration.answers.colour, "red");
});

t.test("an edit that changes nothing is none", async (t) => {
  t.throws(() => propose(deadLetter(1), "name=Person 1"), { code: "TURNOUT_USAGE_INVALID" });
});

t.test("an entry that is no registration is mended from what can be read of it", async (t) => {
  const entry = { ...person(2), email: "nobody", "not a name": "x" };
  const { registration, changes } = propose(unreadable("raw-2", packOf(entry)), "email=ann@example.org");
  t.same(registration, { ...person(2), email: "ann@example.org" });
  t.match(changes, { email: { from: "nobody" }, "not a name": { from: "x", to: null } });
});

t.test("what a later version has added stays, where this one can keep it", async (t) => {
  const entry = { ...person(2), email: "nobody", locale: "de", tags: ["a"], deep: { a: { b: 1 } }, expiresAt: 1 };
  const { registration, changes } = propose(unreadable("raw-2", packOf(entry)), "email=ann@example.org");
  t.same(registration, { ...person(2), email: "ann@example.org", locale: "de", tags: ["a"] });
  t.same(Object.keys(changes).toSorted(), ["deep", "email", "expiresAt"], "and what it cannot is told");
});

t.test("an edit starts from what the code of today reads in a body that was unreadable before", async (t) => {
  const { id, email, submittedAt } = person(2);
  const sound = propose(unreadable("raw-2", packOf(person(2))), "name=Ann");
  t.same(sound.registration, { ...person(2), name: "Ann" });
  t.same(Object.keys(sound.changes), ["name"]);
  const later = JSON.stringify({ v: 9, registrations: [{ id, email, submittedAt, person: { first: "Ann" } }] });
  const pieced = propose(unreadable("raw-3", later), "name=Ann");
  t.same(pieced.registration, { id, email, submittedAt, name: "Ann", answers: {}, person: { first: "Ann" } });
});

t.test("a number that no table takes becomes 0, as on submission", async (t) => {
  const record = deadLetter(3, { registration: { ...person(3), answers: { guests: 1e-200 } } });
  const { registration, changes } = propose(record, "name=Ann");
  t.same(registration.answers, { guests: 0 });
  t.same(changes["answers.guests"], { from: 1e-200, to: 0 });
});

t.test("where nothing can be read, id and time are the record's own", async (t) => {
  for (const body of ["{", packOf("text"), packOf({ id: "short", submittedAt: "today", answers: 5 })]) {
    const record = unreadable("raw-0123456789", body);
    const { registration } = propose(record, "email=ann@example.org", "name=Ann", "answers.guests=1");
    t.ok(isRegistration(registration));
    t.same(registration, {
      id: record.id,
      email: "ann@example.org",
      name: "Ann",
      answers: { guests: 1 },
      submittedAt: record.firstFailedAt,
    } satisfies Registration);
  }
  t.throws(() => propose(unreadable("raw-0123456789", "{"), "email=ann@example.org"), {
    code: "TURNOUT_REGISTRATION_INVALID",
    validationErrors: [{ pointer: "/name" }],
  });
});

t.test("an edit keeps the mark of an older replay out of the registration and the history", async (t) => {
  const record = deadLetter(1, { registration: { ...person(1), replayOf: "older" } });
  const { registration, changes } = propose(record, "name=Ann");
  t.notOk("replayOf" in registration);
  t.same(Object.keys(changes), ["name"]);
});

t.test(
  "a required answer that has expired is neither asked for nor sent, though the record still holds it",
  async (t) => {
    const expiresAt = "2027-02-01T00:00:00Z";
    const expiring = parseEvent({ ...event, fields: [{ ...event.fields[0], required: true, expiresAt }] });
    const end = Date.parse(expiresAt);
    const edit = (record: DeadLetterRecord, now: number, ...assignments: string[]) =>
      proposeEdit(record, "", assignments.map(parseAssignment), expiring, now);
    const { registration, changes } = edit(deadLetter(3), end, "name=Ann");
    t.same(registration, { ...person(3), name: "Ann", answers: {} });
    t.same(Object.keys(changes), ["name"], "the history does not quote it either");
    t.same(edit(deadLetter(3), end - 1, "name=Ann").registration.answers, person(3).answers);
    const without = deadLetter(3, { registration: { ...person(3), answers: {} } });
    t.same(edit(without, end, "name=Ann").registration.answers, {});
    t.throws(() => edit(without, end - 1, "name=Ann"), {
      code: "TURNOUT_REGISTRATION_INVALID",
      validationErrors: [{ pointer: "/answers/guests" }],
    });
    t.throws(() => edit(without, end, "answers.guests=1"), { code: "TURNOUT_REGISTRATION_INVALID" }, "nor taken");
  },
);
