import t from "tap";
import { planErasure, withoutPerson } from "../../../admin/dead-letters/erasure.ts";
import { deadLetter, person, unreadable } from "../dead-letter-seeds.ts";

const { email } = person(1);
const raw = (body: string) => planErasure(unreadable("raw-1", body), body, email);

t.test("a record of one person goes as a whole", async (t) => {
  const record = deadLetter(1);
  t.same(planErasure(record, record.body ?? "", email), { kind: "whole" });
  const corrected = deadLetter(1, { registration: { ...person(1), email: "new@example.org" } });
  t.same(planErasure(corrected, corrected.body ?? "", email), { kind: "whole" }, "whatever the address has become");
  const pack = JSON.stringify({ v: 2, registrations: [person(1)] });
  t.same(raw(pack), { kind: "whole" });
});

t.test("a record that does not mention the person is left alone", async (t) => {
  const record = deadLetter(2);
  t.equal(planErasure(record, record.body ?? "", email), undefined);
  t.equal(raw("person-1@example.com"), undefined);
  t.equal(raw(""), undefined);
});

t.test("only the person's entry goes out of a pack that others are in", async (t) => {
  const pack = JSON.stringify({ v: 2, registrations: [person(1), person(2), { email: " PERSON-1@Example.org " }] });
  const erasure = raw(pack);
  t.same(erasure, { kind: "entry", body: JSON.stringify({ v: 2, registrations: [person(2)] }) });
});

t.test("where the person cannot be told from others, the address is blotted out, in every spelling", async (t) => {
  const spellings = [
    `name=x&email=${email}&other=y`,
    "{ broken PERSON-1@EXAMPLE.ORG",
    String.raw`{"email":"person-1\u0040example.org`,
    String.raw`{"email":"\u0050erson-1@example.org`,
  ];
  for (const body of spellings) {
    const erasure = raw(body);
    if (erasure?.kind !== "address") t.fail(body);
    else {
      t.match(erasure.body, "[erased]", body);
      t.equal(raw(erasure.body), undefined, "and is not found again");
    }
  }
});

t.test("an address in a note inside the pack counts as well", async (t) => {
  const pack = JSON.stringify({ v: 1, registrations: [{ ...person(2), answers: { note: `ask ${email}` } }, "x"] });
  t.same(raw(pack), { kind: "entry", body: JSON.stringify({ v: 1, registrations: ["x"] }) });
});

t.test("what stays has no trace in its history either, and says what happened", async (t) => {
  const history = [
    { at: "", who: "ann", what: "edited", detail: "", changes: { email: { from: email, to: "x@example.org" } } },
  ] as const;
  const record = unreadable("raw-1", "old", { history });
  const entry = { at: "2026-01-01T00:00:00.000Z", who: "ann", what: "edited", detail: "erased on request" } as const;
  const rest = withoutPerson(record, "new", email, entry);
  t.notMatch(JSON.stringify(rest.record), email);
  t.match(rest.record, { id: "raw-1", body: "new", state: "open" });
  t.same(rest.record.history.at(-1), entry);
  const large = withoutPerson(record, "x".repeat(600_000), email, entry);
  t.equal(large.parts.length, 3);
  t.match(large.record, { bodyParts: 3 });
  t.notOk("body" in large.record);
});
