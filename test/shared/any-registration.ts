/** Any registration that a worker may find in a pack, as an arbitrary. */
import * as fc from "fast-check";
import { isRegistration, type Registration } from "../../shared/registration/registration.ts";
import { anyEmail } from "../equipment/people.ts";
import { legalCharacter } from "./legal-text.ts";

const anyAnswer = fc.oneof(
  fc.string({ unit: legalCharacter, maxLength: 60 }),
  fc.integer(),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((number) => number || 0),
  fc.boolean(),
  fc.array(fc.string({ unit: legalCharacter, maxLength: 20 }), { maxLength: 5 }),
);
const anyName = fc.string({ unit: legalCharacter, minLength: 1, maxLength: 20 }).map((text) => {
  const line = text.replace(/[\t\n\r\u2028\u2029]/g, "");
  return `A${line}`;
});

export const anyRegistration: fc.Arbitrary<Registration> = fc
  .record(
    {
      id: fc.uuid(),
      email: anyEmail,
      name: anyName,
      answers: fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,39}$/), anyAnswer, {
        maxKeys: 6,
        noNullPrototype: true,
      }),
      submittedAt: fc
        .date({ min: new Date(0), max: new Date("2099-12-31T23:59:59.999Z"), noInvalidDate: true })
        .map((date) => date.toISOString()),
      replayOf: fc.uuid(),
    },
    { requiredKeys: ["id", "email", "name", "answers", "submittedAt"], noNullPrototype: true },
  )
  .filter(isRegistration);
