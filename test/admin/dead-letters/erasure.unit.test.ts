import { t } from "../../equipment/file-test.ts";
import { afterErasure, planErasure } from "../../../admin/dead-letters/erasure.ts";
import { deadLetter, person, unreadable } from "../../equipment/dead-letter-seeds.ts";

const { email } = person(1);
const raw = (body: string) => planErasure(unreadable("raw-1", body), body, email);

t.test("a record of one person goes as a whole", async (t) => {
  const record = deadLetter(1);
  const whole = { kind: "whole", registrationIds: [person(1).id] };
  t.same(planErasure(record, record.body ?? "", email), whole);
  const registration = { ...person(1), email: "new@example.org" };
  const changes = { email: { from: "Person-1@Example.org", to: registration.email } };
  const history = [{ at: "", who: "ann", what: "edited", detail: "", changes }] as const;
  const corrected = deadLetter(1, { registration, history });
  t.same(planErasure(corrected, corrected.body ?? "", email), whole, "whatever the address has become");
  const pack = JSON.stringify({ v: 9, registrations: [person(1)] });
  t.same(raw(pack), { kind: "whole", registrationIds: ["raw-1", person(1).id] });
});

t.test("a record that does not mention the person is left alone", async (t) => {
  const record = deadLetter(2);
  t.equal(planErasure(record, record.body ?? "", email), undefined);
  t.equal(raw("person-1@example.com"), undefined);
  t.equal(raw(""), undefined);
});

t.test("only the person's entry goes out of a pack that others are in", async (t) => {
  const pack = JSON.stringify({ v: 9, registrations: [person(1), person(2), { email: " PERSON-1@Example.org " }] });
  const erasure = raw(pack);
  t.match(erasure, {
    kind: "entry",
    registrationIds: [person(1).id],
    body: JSON.stringify({ v: 9, registrations: [person(2)] }),
  });
});

t.test("where the person cannot be told from others, the address is redacted out, in every spelling", async (t) => {
  const spellings = [
    `name=x&email=${email}&other=y`,
    "{ broken PERSON-1@EXAMPLE.ORG",
    String.raw`{"email":"person-1\u0040example.org`,
    String.raw`{"email":"\u0050erson-1@example.org`,
    String.raw`{"email\u003dperson-1@example.org`,
  ];
  for (const body of spellings) {
    const erasure = raw(body);
    if (erasure?.kind !== "address") t.fail(body);
    else {
      t.match(erasure.body, "[erased]", body);
      t.equal(planErasure(erasure.record, erasure.body, email), undefined, "and is not found again");
    }
  }
});

t.test("another address that has this one in it is left alone", async (t) => {
  for (const other of [
    "my-person-1@example.org",
    "a.person-1@example.org",
    "person-1@example.org.uk",
    "xperson-1@example.org",
  ]) {
    t.equal(raw(JSON.stringify({ v: 1, registrations: [{ ...person(2), email: other }] })), undefined, other);
    t.equal(raw(`broken ${other}`), undefined, other);
  }
});

t.test("whoever wrote the address into an answer keeps the registration, without it", async (t) => {
  const answers = { note: `ask <${email}>, or PERSON-1@example.org.` };
  const colleague = deadLetter(2, { registration: { ...person(2), answers } });
  const erasure = planErasure(colleague, JSON.stringify({ v: 1, registrations: [{ ...person(2), answers }] }), email);
  if (erasure?.kind !== "address") return t.fail("not the address alone");
  const clean = { ...person(2), answers: { note: "ask <[erased]>, or [erased]." } };
  t.same(erasure.record.registration, clean);
  t.same(JSON.parse(erasure.body), { v: 1, registrations: [clean] });
  t.equal(planErasure(erasure.record, erasure.body, email), undefined, "and is not found again");
});

t.test("an entry that is another's is kept, even if it mentions the person", async (t) => {
  const note = { ...person(2), answers: { note: `with ${email}` } };
  const erasure = raw(JSON.stringify({ v: 9, registrations: [note, person(1), "x"] }));
  if (erasure?.kind !== "entry") return t.fail("not an entry");
  const clean = { ...person(2), answers: { note: "with [erased]" } };
  t.same(JSON.parse(erasure.body), { v: 9, registrations: [clean, "x"] });
});

t.test("what stays says what happened, in parts where it is large", async (t) => {
  const history = [{ at: "", who: "ann", what: "failed", detail: `for ${email}` }] as const;
  const record = unreadable("raw-1", "", { history });
  const entry = { at: "2026-01-01T00:00:00.000Z", who: "ann", what: "edited", detail: "erased on request" } as const;
  const small = planErasure(record, `broken ${email}`, email);
  if (small?.kind !== "address") return t.fail("not the address");
  const rest = afterErasure(small, entry);
  t.notMatch(JSON.stringify(rest.record), email);
  t.match(rest.record, { id: "raw-1", body: "broken [erased]", state: "open", history: [{}, entry] });
  const large = afterErasure({ ...small, body: "x".repeat(600_000) }, entry);
  t.equal(large.parts.length, 3);
  t.match(large.record, { bodyParts: 3 });
  t.notOk("body" in large.record);
});
