import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import {
  decodePack,
  encodePack,
  encodeRegistration,
  encodeUnknownEntry,
  joinPack,
  maxPackBytes,
  maxPackRegistrations,
  packCountAttribute,
  packFrameBytes,
  packVersions,
} from "../../../shared/registration/registration-pack.ts";
import { people, somebody } from "../../equipment/people.ts";
import { anyRegistration } from "../any-registration.ts";

/** What SQS takes in a body, and what stricter engines take: no character outside the Basic Multilingual Plane. */
const validForSqs = /^[\t\n\r\x20-\ud7ff\ue000-\ufffd]*$/;

const body = (...entries: unknown[]) => JSON.stringify({ v: packVersions.registrations, registrations: entries });

t.test("every registration comes out of a pack as it went in", async () => {
  fc.assert(
    fc.property(fc.array(anyRegistration, { minLength: 1, maxLength: 10 }), (registrations) => {
      const { registrations: decoded, invalid } = decodePack(encodePack(registrations));
      return JSON.stringify(decoded) === JSON.stringify(registrations) && invalid.length === 0;
    }),
    { numRuns: 500 },
  );
});

t.test("every body is valid for SQS, whatever characters people use", async (t) => {
  fc.assert(
    fc.property(anyRegistration, (registration) => validForSqs.test(encodePack([registration]))),
    { numRuns: 500 },
  );
  const name = "𝒳 😀 👩‍🚀 \ufffd \u{10ffff}";
  t.notOk(validForSqs.test(JSON.stringify({ name })), "control: plain JSON would not be");
  t.equal(decodePack(encodePack([somebody({ name })])).registrations[0]?.name, name);
});

t.test("what is no registration is written for SQS too, be it U+FFFE, U+FFFF or half a character", async (t) => {
  for (const entry of ["\ufffe\uffff", "\ud800", "\udc00x", { "\ud83d": "\ude00" }, "\0\x1b\x9b", null, 1, [[]]]) {
    const written = encodeUnknownEntry(entry);
    t.ok(validForSqs.test(written), JSON.stringify(entry));
    t.same(decodePack(written), { registrations: [], changes: [], invalid: [entry] });
  }
});

t.test("a pack's size is its frame, its registrations and a comma between them", async () => {
  fc.assert(
    fc.property(fc.array(anyRegistration, { minLength: 1, maxLength: 10 }), (registrations) => {
      const encoded = registrations.map(encodeRegistration);
      const sum = encoded.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0);
      return Buffer.byteLength(joinPack(encoded)) === packFrameBytes + sum + encoded.length - 1;
    }),
  );
});

t.test("a full pack is one billing unit at most, its attribute included", async (t) => {
  const attribute = Buffer.byteLength(`${packCountAttribute}Number${maxPackRegistrations}`);
  t.ok(maxPackBytes + attribute <= 65_536);
  t.equal(maxPackRegistrations, 250, "ten full writes of 25");
  t.equal(decodePack(encodePack(people(maxPackRegistrations))).registrations.length, maxPackRegistrations);
});

t.test("what is no pack is rejected with its code", async (t) => {
  const malformed = [
    "",
    " ",
    "x",
    "{",
    "null",
    "1",
    '"text"',
    "[]",
    "{}",
    '{"registrations":[]}',
    '{"v":1}',
    '{"v":1,"registrations":null}',
    '{"v":1,"registrations":{}}',
    '{"v":1,"registrations":[]}',
    '{"v":1,"registrations":[{}]',
    '{"__proto__":{"v":1,"registrations":[{}]}}',
    `\ufeff${body({})}`,
  ];
  for (const given of malformed)
    t.throws(() => decodePack(given), { code: "TURNOUT_PACK_MALFORMED" }, given || "(empty)");
  for (const v of [0, 3, 1.5, "1", null, [1], {}, true]) {
    const given = JSON.stringify({ v, registrations: [somebody()] });
    t.throws(() => decodePack(given), { code: "TURNOUT_PACK_VERSION_UNSUPPORTED" }, given.slice(0, 20));
  }
});

t.test("a rejection quotes nothing of the body", async (t) => {
  const seeded = "seeded.person@example.org";
  for (const given of [`{"email":"${seeded}" oops`, seeded, `{"v":"${seeded}","registrations":[1]}`]) {
    try {
      decodePack(given);
      t.fail("it was taken");
    } catch (error) {
      const { message, stack, cause } = error as Error;
      t.notMatch(`${message}\n${stack}\n${String(cause)}`, /seeded/);
    }
  }
});

t.test("an entry that is no registration does no harm to its neighbours", async () => {
  const anyEntry = fc.oneof(
    fc.jsonValue(),
    anyRegistration.map(({ email: _, ...rest }) => rest),
  );
  const anyPack = fc.array(
    fc.oneof(
      anyRegistration.map((entry) => ({ good: true, entry: entry as unknown })),
      anyEntry.map((entry) => ({ good: false, entry: entry as unknown })),
    ),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(anyPack, (entries) => {
      const { registrations, invalid } = decodePack(body(...entries.map(({ entry }) => entry)));
      const expected = (good: boolean) => entries.filter((entry) => entry.good === good).map(({ entry }) => entry);
      return (
        JSON.stringify(registrations) === JSON.stringify(expected(true)) &&
        JSON.stringify(invalid) === JSON.stringify(expected(false))
      );
    }),
    { numRuns: 500 },
  );
});

t.test("a prototype in a body stays a property, and makes its entry no registration", async (t) => {
  const good = JSON.stringify(somebody());
  for (const key of ["__proto__", "constructor", "prototype"]) {
    const poisoned = good.replace("{", `{"${key}":{"polluted":true},`);
    const inAnswers = good.replace('"answers":{', `"answers":{"${key}":"x"`);
    const text = `{"v":1,"registrations":[${poisoned},${inAnswers},${good}]}`;
    const { registrations, invalid } = decodePack(text);
    if (key === "__proto__") t.same([registrations.length, invalid.length], [1, 2], key);
    else
      t.notOk(
        registrations.some((entry) => Object.hasOwn(entry, key)),
        key,
      );
    t.notOk("polluted" in {});
    t.equal(JSON.stringify([...registrations, ...invalid]).includes(key), true, "and nothing of it is dropped");
  }
});

t.test(
  "an entry that is nested too deeply to be written again makes the message malformed, not the worker fail",
  async (t) => {
    for (const depth of [10_000, 500_000]) {
      const text = `{"v":1,"registrations":[${"[".repeat(depth)}${"]".repeat(depth)}]}`;
      t.throws(() => decodePack(text), { code: "TURNOUT_PACK_MALFORMED" }, String(depth));
    }
    const shallow = decodePack(`{"v":1,"registrations":[[[[]]]]}`);
    t.same(shallow.invalid, [[[[]]]], "control: some depth does no harm");
  },
);
