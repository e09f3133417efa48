import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { idOfBody } from "../../../shared/dead-letters/dead-letter-record.ts";
import {
  entriesOf,
  isBodyOfAnotherVersion,
  rawEntryIn,
  registrationIn,
} from "../../../shared/dead-letters/dead-letter-entry.ts";
import { encodePack } from "../../../shared/registration/registration-pack.ts";
import { people, somebody } from "../../equipment/people.ts";
import { anyRegistration } from "../any-registration.ts";

const pack = (v: unknown, ...registrations: unknown[]) => JSON.stringify({ v, registrations });
const later = (changes: object = {}) => {
  const { id, email, submittedAt } = somebody();
  return { id, email, submittedAt, person: { name: "Ada" }, ...changes };
};

t.test("each registration of a pack is an entry, whose body holds it alone and reads the same", async () => {
  fc.assert(
    fc.property(fc.array(anyRegistration, { minLength: 1, maxLength: 8 }), (registrations) => {
      const entries = entriesOf(encodePack(registrations));
      return entries.every(({ id, body, registration, claim }, index) => {
        const sent = registrations[index]!;
        const same = JSON.stringify(registration) === JSON.stringify(sent);
        const alone = JSON.stringify(registrationIn(body)) === JSON.stringify(sent);
        return same && alone && id === (sent.replayOf ?? sent.id) && claim === sent.claim;
      });
    }),
    { numRuns: 300 },
  );
});

t.test("a pack of another version is as many entries, with what every version keeps readable", async (t) => {
  const [first, second, replay] = [later(), later(), later({ replayOf: "the-record-1", claim: "c" })];
  const body = JSON.stringify({ v: 7, origin: "x", registrations: [first, second, replay] });
  t.ok(isBodyOfAnotherVersion(body));
  const entries = entriesOf(body);
  t.match(entries, [
    { id: first.id, email: first.email, submittedAt: first.submittedAt, registration: undefined },
    { id: second.id },
    { id: "the-record-1", claim: "c" },
  ]);
  t.same(JSON.parse(entries[1]!.body), { v: 7, origin: "x", registrations: [second] });
  t.same(rawEntryIn(entries[1]!.body), second);
  t.equal(registrationIn(entries[1]!.body), undefined);
  t.ok(isBodyOfAnotherVersion(entries[1]!.body), "what is kept is still what it was");
});

t.test("what only looks like another version is no pack of ours", async (t) => {
  for (const body of [
    pack(2),
    pack(9, {}),
    pack(9, somebody(), null),
    pack(9, { id: "" }),
    pack("2", later()),
    pack(0, later()),
    pack(1.5, later()),
    pack(null, later()),
    '{"v":9,"people":[{"id":"12345678"}]}',
    "[]",
    "{",
    "",
  ]) {
    t.notOk(isBodyOfAnotherVersion(body), body);
    t.match(entriesOf(body), [{ id: idOfBody(body), body, registration: undefined }]);
  }
  t.notOk(isBodyOfAnotherVersion(pack(1, later())), "nor is our own");
});

t.test("a single entry keeps the message's body byte for byte", async (t) => {
  const spaced = ` {"registrations": [ ${JSON.stringify(later())} ],\n"v": 2}`;
  t.equal(entriesOf(spaced)[0]?.body, spaced);
});

t.test("what cannot be split stays in one piece", async (t) => {
  const deep = `{"v":9,"registrations":[{"id":"12345678","x":${"[".repeat(60_000)}${"]".repeat(60_000)}},{"id":"87654321"}]}`;
  t.match(entriesOf(deep), [{ id: idOfBody(deep), body: deep }]);
  const framed = JSON.stringify({ v: 9, frame: "x".repeat(5_000), registrations: [later(), later()] });
  t.equal(entriesOf(framed).length, 1, "a large frame would be kept once for each");
});

t.test("an address or a time that is none is not taken for one", async (t) => {
  const [entry] = entriesOf(pack(9, { id: "12345678", email: "\ud800@x", submittedAt: "soon", claim: 5 }));
  t.match(entry, { id: "12345678", email: undefined, submittedAt: undefined, claim: undefined });
  t.equal(entriesOf(pack(9, { id: "12345678", email: "x".repeat(400) }))[0]?.email, undefined);
});

t.test("a body of several is nobody's registration", async (t) => {
  t.equal(registrationIn(encodePack(people(2))), undefined);
  t.same(rawEntryIn("no pack"), {});
});

t.test("anything at all is at least one entry, and none is lost", async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.array(fc.jsonValue(), { maxLength: 5 }), (v, values) => {
      const entries = entriesOf(pack(v, ...values));
      const whole = entries.length === 1 && entries[0]?.body === pack(v, ...values);
      return (
        whole ||
        entries.every(
          ({ body }, index) => JSON.stringify(JSON.parse(body).registrations[0]) === JSON.stringify(values[index]),
        )
      );
    }),
    { numRuns: 300 },
  );
});
