import { PutCommand } from "@aws-sdk/lib-dynamodb";
import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { createDocumentClient } from "../../../shared/aws/aws-clients.ts";
import { storedAttributes } from "../../../admin/registrations/stored-registration.ts";
import {
  carriedProperties,
  isInstant,
  isRegistration,
  maxAnswerLength,
  maxNameLength,
  Registration,
  registrationErrors,
} from "../../../shared/registration/registration.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { somebody } from "../../equipment/people.ts";
import { anyRegistration } from "../any-registration.ts";

const good = somebody();

t.test("a registration has exactly its properties, each of its own form", async (t) => {
  t.ok(isRegistration(good));
  t.ok(
    isRegistration({
      ...good,
      replayOf: "dead-letter-1",
      answers: { ticket: "Both", guests: 2, newsletter: false, days: ["x"] },
    }),
  );
  const wrong: [pointer: string, value: unknown][] = [
    ["", null],
    ["", []],
    ["", "text"],
    ["/id", { ...good, id: "short" }],
    ["/id", { ...good, id: "has a blank in it" }],
    ["/email", { ...good, email: "Ada@example.org" }],
    ["/email", { ...good, email: ["a@example.org"] }],
    ["/name", { ...good, name: "" }],
    ["/name", { ...good, name: " " }],
    ["/name", { ...good, name: "two\nlines" }],
    ["/name", { ...good, name: "a".repeat(maxNameLength + 1) }],
    ["/name", { ...good, name: 5 }],
    ["/submittedAt", { ...good, submittedAt: "2026-03-01T10:00:00Z" }],
    ["/submittedAt", { ...good, submittedAt: 0 }],
    ["/answers", { ...good, answers: null }],
    ["/answers", { ...good, answers: { "Not an id": "x" } }],
    ["/answers/ticket", { ...good, answers: { ticket: [1] } }],
    ["/answers/ticket", { ...good, answers: { ticket: [["x"]] } }],
    ["/answers/ticket", { ...good, answers: { ticket: ["\0"] } }],
    ["/answers/ticket", { ...good, answers: { ticket: Array.from({ length: 51 }, () => "x") } }],
    ["/answers/ticket", { ...good, answers: { ticket: null } }],
    ["/answers/ticket", { ...good, answers: { ticket: "a".repeat(maxAnswerLength + 1) } }],
    ["/answers/ticket", { ...good, answers: { ticket: "\0" } }],
    ["/claim", { ...good, claim: "c".repeat(65) }],
    ["", { ...good, "not a name": 1 }],
  ];
  for (const [pointer, value] of wrong) {
    t.notOk(isRegistration(value), JSON.stringify(value).slice(0, 60));
    t.match(registrationErrors(value), [{ pointer }]);
  }
  for (const property of ["id", "email", "name", "answers", "submittedAt"]) {
    const { [property]: _, ...rest } = good as Record<string, unknown>;
    t.same(registrationErrors(rest), [{ pointer: `/${property}`, detail: "is missing" }]);
  }
  t.same(registrationErrors(good), []);
});

t.test("optional properties of a later version are carried, in forms that this one can store and send", async (t) => {
  const later = {
    ...good,
    locale: "de",
    seat: 5,
    vip: true,
    note: null,
    tags: ["a", 1, null],
    consent: { mail: true },
  };
  t.ok(isRegistration(later));
  t.same(carriedProperties(later), Object.entries(later).slice(Object.keys(good).length));
  t.equal(carriedProperties(good), undefined);
  t.equal(carriedProperties({ ...good, replayOf: "record", claim: "c" }), undefined);
  const wrong: [pointer: string, value: unknown][] = [
    ["/deep", { ...good, deep: { a: { b: 1 } } }],
    ["/long", { ...good, long: Array.from({ length: 51 }, () => 1) }],
    ["/text", { ...good, text: "\0" }],
    ["/half", { ...good, half: "\ud800" }],
    ["/large", { ...good, large: 2 ** 53 }],
  ];
  for (const [pointer, value] of wrong) t.match(registrationErrors(value), [{ pointer }], pointer);
});

t.test("what the tables and messages mean by a name of theirs, no carried property can say", async (t) => {
  const names = new Set([
    ...storedAttributes,
    ...Object.keys(createTombstone("ada@example.org", "erased", "id", 0)),
    "storedAt",
    "constructor",
    "prototype",
    "__proto__",
    "Upper",
    "with_underscore",
    "x".repeat(41),
  ]);
  const own = new Set(Object.keys(Registration.properties));
  for (const name of names) {
    if (own.has(name)) continue;
    const value = JSON.parse(JSON.stringify(good).replace("{", `{${JSON.stringify(name)}:"x",`)) as unknown;
    t.notOk(isRegistration(value), name);
  }
});

t.test("lengths are counted in characters, so that a name of emoji may be as long as one of letters", async (t) => {
  t.ok(isRegistration({ ...good, name: "😀".repeat(maxNameLength) }));
  t.notOk(isRegistration({ ...good, name: "😀".repeat(maxNameLength + 1) }));
  t.notOk(isRegistration({ ...good, name: `a${"\u0301".repeat(maxNameLength)}` }), "marks on one letter count as well");
});

t.test("a time is one to the millisecond, in UTC", async (t) => {
  t.ok(isInstant(good.submittedAt));
  for (const text of ["", "yesterday", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000+01:00"])
    t.notOk(isInstant(text));
});

t.test("an error is told in words, with nothing that the sender wrote", async (t) => {
  const validationErrors = registrationErrors({
    ...good,
    email: "secret@@x",
    name: "\x1b",
    answers: { a: {} },
    "secret key": 1,
  });
  t.same(validationErrors.map((error) => error.pointer).toSorted(), ["", "/answers/a", "/email", "/name"]);
  t.notMatch(JSON.stringify(validationErrors), /secret|\^/);
});

t.test("the table's client takes every registration that passes: a number it would throw on does not", async (t) => {
  const documents = createDocumentClient({
    region: "eu-central-1",
    requestTimeoutMs: 10_000,
    maxAttempts: 1,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  t.teardown(() => documents.destroy());
  // The client writes the item in its wire form, and this step answers in the network's place.
  documents.middlewareStack.add(() => async () => ({ output: { $metadata: {} }, response: {} }), { step: "build" });
  const write = (item: object) => documents.send(new PutCommand({ TableName: "registrations", Item: { ...item } }));
  await fc.assert(fc.asyncProperty(anyRegistration, async (registration) => void (await write(registration))));
  for (const guests of [2 ** 53, -(2 ** 53), 1e300, Infinity, -Infinity, NaN]) {
    t.notOk(isRegistration({ ...good, answers: { guests } }), String(guests));
    await t.rejects(write({ guests }), `control: the client does throw on ${guests}`);
  }
  for (const guests of [2 ** 53 - 1, -(2 ** 53 - 1), 0.1, 0]) {
    t.ok(isRegistration({ ...good, answers: { guests } }), String(guests));
    await t.resolves(write({ guests }));
  }
});
