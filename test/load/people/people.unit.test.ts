import { join } from "node:path";
import { Compile } from "typebox/compile";
import { fieldsEvent } from "../../equipment/fields-event.ts";
import { t } from "../../equipment/file-test.ts";
import { createPeople } from "../../../load/people/people.ts";
import { loadEvent, type EventDefinition } from "../../../shared/registration/event-definition.ts";
import { normalizeSubmission, submissionSchema } from "../../../shared/registration/submission-schema.ts";
import { createCrowd, crowdShares } from "../../../load/people/crowd.ts";
import type { LoadItem } from "../../../load/people/load-item.ts";
import { normalizeEmail } from "../../../shared/registration/email-address.ts";

const shipped = loadEvent(join(import.meta.dirname, "../../../event.json"));
const demanding: EventDefinition = {
  ...shipped,
  fields: [
    { id: "code", type: "text", label: "Code", required: true, minLength: 12, maxLength: 14 },
    { id: "contact", type: "email", label: "Contact", required: true },
    { id: "age", type: "number", label: "Age", required: true, minimum: 18, maximum: 19, integer: true },
    { id: "share", type: "number", label: "Share", required: true, minimum: -1.5, maximum: -0.5 },
    { id: "day", type: "select", label: "Day", required: true, options: ["Friday"] },
    { id: "terms", type: "checkbox", label: "Terms", required: true },
  ],
};

function take(seed: number, event: EventDefinition, count: number) {
  const people = createPeople({ seed, event });
  return Array.from({ length: count }, () => people.next());
}

t.test("every person is valid for the event, whatever it asks", async (t) => {
  for (const event of [shipped, demanding, fieldsEvent()]) {
    const validator = Compile(submissionSchema(event));
    for (const person of take(1, event, 2_000)) {
      normalizeSubmission(person, event);
      if (!validator.Check(person)) t.fail(JSON.stringify([person, validator.Errors(person)]));
    }
  }
});

t.test("whoever is asked answers, of whatever kind the field is", async (t) => {
  const given = new Set(take(1, fieldsEvent(), 300).flatMap(({ answers }) => Object.keys(answers)));
  t.same(
    [...given].toSorted(),
    fieldsEvent()
      .fields.map(({ id }) => id)
      .toSorted(),
  );
});

t.test("nobody has an address that somebody else has, also with another seed", async (t) => {
  const emails = [...take(1, shipped, 3_000), ...take(2, shipped, 3_000)].map((person) => {
    normalizeSubmission(person, shipped);
    return person.email;
  });
  t.equal(new Set(emails).size, emails.length);
});

t.test("addresses are under domains that belong to nobody", async (t) => {
  const reserved = /@((mail\.)?example\.(org|com|net)|.*\.(example|xn--zckzah|xn--80akhbyknj4f))$/;
  for (const person of take(3, shipped, 2_000)) {
    normalizeSubmission(person, shipped);
    if (!reserved.test(person.email)) t.fail(person.email);
  }
});

t.test("the same seed makes the same people, another seed others", async (t) => {
  t.strictSame(take(5, shipped, 200), take(5, shipped, 200));
  t.notSame(take(5, shipped, 200), take(6, shipped, 200));
});

t.test("names come in many scripts, some with characters beyond the Basic Multilingual Plane", async (t) => {
  const names = take(4, shipped, 20_000).map(({ name }) => name);
  const scripts = ["Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Thaana", "Devanagari", "Thai", "Han", "Hangul"];
  for (const script of [...scripts, "Hiragana", "Armenian", "Georgian"]) {
    t.ok(
      names.some((name) => new RegExp(`\\p{Script=${script}}`, "u").test(name)),
      script,
    );
  }
  t.ok(names.some((name) => /[\u{10000}-\u{10ffff}]/u.test(name)));
});

const event = loadEvent(join(import.meta.dirname, "../../../event.json"));
const count = 10_000;
const crowd = [...createCrowd({ count, seed: 1, event })];
const ofKind = (kind: LoadItem["kind"]) => crowd.filter((item) => item.kind === kind);
const percent = (items: readonly unknown[]) => (100 * items.length) / count;

t.test("it has exactly as many requests as were asked for, in the shares it names", async (t) => {
  t.equal(crowd.length, count);
  t.ok(Math.abs(percent(ofKind("second registration")) - crowdShares.secondRegistrations) < 1);
  t.ok(Math.abs(percent(ofKind("second click")) - crowdShares.secondClicks) < 1);
  const odd = crowd.filter(({ submission: { email } }) => email.trim() !== email || email.toLowerCase() !== email);
  t.ok(Math.abs(percent(odd) - crowdShares.oddSpellings) < 1.5);
});

t.test("however an address is spelled, it is that of a person who came before, or of a new one", async (t) => {
  const known = new Set<string>();
  const wrong = crowd.filter(({ kind, submission }) => {
    const email = normalizeEmail(submission.email);
    const came = known.has(email);
    known.add(email);
    return came === (kind === "first registration");
  });
  t.strictSame(wrong, []);
  t.equal(known.size, ofKind("first registration").length);
});

t.test("both clicks of a double click are the same request with the same key; nobody else shares a key", async (t) => {
  const wrong = crowd.filter((item, index) => {
    const first = crowd[index - 1];
    const same = item.submission === first?.submission && item.idempotencyKey === first.idempotencyKey;
    return same !== (item.kind === "second click");
  });
  t.strictSame(wrong, []);
  t.equal(new Set(crowd.map((item) => item.idempotencyKey)).size, count - ofKind("second click").length);
});

t.test("the same seed makes the same crowd", async (t) => {
  t.strictSame([...createCrowd({ count: 500, seed: 9, event })], [...createCrowd({ count: 500, seed: 9, event })]);
});
