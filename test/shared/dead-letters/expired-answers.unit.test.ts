import { t } from "../../equipment/file-test.ts";
import { bodyWithoutExpired, recordWithoutExpired } from "../../../shared/dead-letters/expired-answers.ts";
import { encodeChanges, encodePack } from "../../../shared/registration/registration-pack.ts";
import { deadLetter, person } from "../../equipment/dead-letter-seeds.ts";

const diet = new Set(["diet"]);
const registration = { ...person(1), answers: { diet: "vegan", guests: 2 } };
const without = { ...registration, answers: { guests: 2 } };

t.test("a body loses the expired answers of every entry, whatever its version and however it is broken", async (t) => {
  const cases: [given: unknown, kept: unknown][] = [
    [JSON.parse(encodePack([registration, person(2)])), JSON.parse(encodePack([without, person(2)]))],
    [
      JSON.parse(encodeChanges([{ ...registration, kind: "correction", changedAt: registration.submittedAt }])),
      JSON.parse(encodeChanges([{ ...without, kind: "correction", changedAt: registration.submittedAt }])),
    ],
    [
      { v: 99, registrations: [{ id: "x", more: { answers: { diet: 1 } } }] },
      { v: 99, registrations: [{ id: "x", more: { answers: {} } }] },
    ],
    [{ answers: { diet: ["a"], __proto__x: 1 } }, { answers: { __proto__x: 1 } }],
  ];
  for (const [given, kept] of cases) t.same(JSON.parse(bodyWithoutExpired(JSON.stringify(given), diet)), kept);
  t.equal(bodyWithoutExpired(String.raw`{"answers":{"\u0064iet":1}}`, diet), '{"answers":{}}', "however it is written");
});

t.test("what holds none of it stays as it came, byte for byte", async (t) => {
  const deep = `${'{"answers":'.repeat(20_000)}{"diet":1}${"}".repeat(20_000)}`;
  for (const body of [
    '{ "answers" : { "guests": 1.0 } }',
    '{"answers":["diet"]}',
    '{"diet":"vegan"}',
    "diet",
    "",
    deep,
  ]) {
    t.equal(bodyWithoutExpired(body, diet), body);
  }
  t.equal(bodyWithoutExpired(encodePack([registration]), new Set()), encodePack([registration]));
  const record = deadLetter(2);
  t.equal(recordWithoutExpired(record, diet), record);
});

t.test("a record's history stays as long as it was, since that decides whether it has changed", async (t) => {
  const changes = { "answers.diet": { from: 1, to: 2 } };
  const edited = { at: "", who: "ann", what: "edited", detail: "", changes } as const;
  const record = deadLetter(1, { registration, body: encodePack([registration]), history: [edited] });
  t.same(recordWithoutExpired(record, diet), {
    ...record,
    registration: without,
    body: JSON.stringify(JSON.parse(encodePack([without]))),
    history: [{ ...edited, changes: {} }],
  });
});
