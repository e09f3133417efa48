import { t } from "../../equipment/file-test.ts";
import { eventChanges } from "../../../admin/event/event-changes.ts";
import { createAnswerTally, type Answers } from "../../../admin/event/stored-answers.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";

const times = {
  name: "Summit",
  description: "",
  opensAt: "2027-03-01T09:00:00Z",
  closesAt: "2027-03-20T18:00:00Z",
  timeZone: "Europe/Berlin",
};
const event = (...fields: object[]) => parseEvent({ ...times, fields });
const ticket = { id: "ticket", type: "select", label: "Ticket", options: ["Friday", "Saturday"] };
const note = { id: "note", type: "text", label: "Note" };
const guests = { id: "guests", type: "number", label: "Guests", maximum: 4 };

function tallied(before: ReturnType<typeof event> | undefined, after: ReturnType<typeof event>, stored: Answers[]) {
  const tally = createAnswerTally(after, before ? eventChanges(before, after) : []);
  for (const answers of stored) tally.add(answers);
  return tally.counted().map(({ kind, field, option, stored: count }) => [kind, field, option, count]);
}

t.test("each change has the number of stored registrations that it affects", async (t) => {
  const before = event(ticket, note, guests);
  const after = event({ ...ticket, options: ["Fri", "Saturday"] }, { ...guests, maximum: 2, required: true });
  const stored = [
    { ticket: "Friday", note: "a", guests: 1 },
    { ticket: "Friday", guests: 3 },
    { ticket: "Saturday" },
    {},
  ];
  t.same(tallied(before, after, stored), [
    ["field-removed", "note", undefined, 1],
    ["option-removed", "ticket", "Friday", 2],
    ["limit-narrowed", "guests", undefined, 1],
    ["now-required", "guests", undefined, 2],
  ]);
});

t.test("a change that affects nobody is counted as 0", async (t) => {
  const after = event({ ...ticket, options: ["Saturday"] });
  t.same(tallied(event(ticket), after, [{ ticket: "Saturday" }]), [["option-removed", "ticket", "Friday", 0]]);
});

t.test("of another type, what does not fit is counted as that alone", async (t) => {
  const after = event({ ...note, id: "ticket", type: "email" });
  const stored = [{ ticket: "Friday" }, { ticket: "ann@example.org" }];
  t.same(tallied(event(ticket), after, stored), [["type-changed", "ticket", undefined, 1]]);
  t.same(tallied(undefined, event({ ...guests, id: "ticket" }), stored), [["type-changed", "ticket", undefined, 2]]);
});

t.test("what does not fit is found without the earlier file, and no answer is repeated", async (t) => {
  const stored = [{ ticket: "a secret", old: "x" }, { ticket: "another" }, { ticket: "Friday" }];
  t.same(tallied(undefined, event(ticket), stored), [
    ["field-removed", "old", undefined, 1],
    ["option-removed", "ticket", undefined, 2],
  ]);
});

t.test("a required tick that is not set counts as not given", async (t) => {
  const terms = { id: "terms", type: "checkbox", label: "I accept the terms", required: true };
  t.same(tallied(undefined, event(terms), [{ terms: true }, { terms: false }]), [
    ["now-required", "terms", undefined, 1],
  ]);
});

t.test(
  "an answer to a field that is not asked is counted, and what is required only of whom it is asked",
  async (t) => {
    const when = { field: "ticket", is: ["Friday"] };
    const after = { ...event(ticket), fields: [ticket, { ...note, required: true, when }] } as never;
    const stored = [{ ticket: "Friday" }, { ticket: "Saturday" }, { ticket: "Saturday", note: "x" }, { note: "x" }];
    t.same(tallied(undefined, after, stored), [
      ["now-required", "note", undefined, 1],
      ["asked-of-fewer", "note", undefined, 2],
    ]);
  },
);

t.test("an agreement to another wording is counted, in whatever language it was given", async (t) => {
  const consent = { id: "photos", type: "consent", label: "Photos", text: "Yes to photos." };
  const translations = { de: { fields: { photos: { text: "Ja zu Fotos." } } } };
  const after = { ...event(), fields: [consent], translations } as never;
  const record = (wording: string) => ({ photos: `sha256:${"0".repeat(64)} ${wording}` });
  const stored = [record("Yes to photos."), record("Ja zu Fotos."), record("Yes to everything."), {}];
  t.same(tallied(undefined, after, stored), [["wording-changed", "photos", undefined, 1]]);
});

t.test("answers that are deleted at another moment are counted, those that have expired by it as well", async (t) => {
  const [before, after] = [
    event({ ...note, expiresAt: "2030-01-01T00:00:00Z" }),
    event({ ...note, expiresAt: "2028-01-01T00:00:00Z" }),
  ];
  for (const now of [Date.parse("2027-06-01T00:00:00Z"), Date.parse("2029-01-01T00:00:00Z")]) {
    const tally = createAnswerTally(after, eventChanges(before, after), now);
    for (const answers of [{ note: "a" }, { note: "b" }, {}]) tally.add(answers);
    t.match(tally.counted(), [{ kind: "expiry-changed", field: "note", stored: 2 }]);
  }
  t.same(tallied(before, before, [{ note: "a" }]), []);
});
