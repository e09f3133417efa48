import * as fc from "fast-check";
import { Compile } from "typebox/compile";
import { t } from "../../equipment/file-test.ts";
import { consentRecord, createConsentRecords } from "../../../shared/registration/consent.ts";
import { isAsked } from "../../../shared/registration/field-conditions.ts";
import { keptSchema, submissionSchema } from "../../../shared/registration/submission-schema.ts";
import { fieldsEvent, fullAnswers, wording } from "../../equipment/fields-event.ts";

const event = fieldsEvent();
const submitted = Compile(submissionSchema(event));
const kept = Compile(keptSchema(event));
const person = { email: "ada@example.org", name: "Ada" };
const takes = (answers: object) => submitted.Check({ ...person, answers });
const { ticket, workshops, laptop, photos, press, paper } = fullAnswers;

t.test("a field is asked of those who gave its answer, one of several being enough", async (t) => {
  const when = { field: "day", is: ["Friday", "Saturday"] };
  for (const answers of [{ day: "Friday" }, { day: ["Sunday", "Saturday"] }]) t.ok(isAsked(when, answers));
  for (const answers of [{}, { day: "Sunday" }, { day: [] }, { day: true }, Object.create({ day: "Friday" })]) {
    t.notOk(isAsked(when, answers), JSON.stringify(answers));
  }
  const tick = { field: "ok", is: true as const };
  for (const ok of [true, consentRecord(wording)]) t.ok(isAsked(tick, { ok }));
  for (const ok of [false, undefined, 1, ""]) t.notOk(isAsked(tick, { ok }), String(ok));
  t.ok(isAsked({ field: "guests", is: 2 }, { guests: 2 }));
  t.notOk(isAsked({ field: "guests", is: 2 }, { guests: "2" }));
  t.ok(isAsked(undefined, {}));
});

t.test("whoever is asked answers what is required, and nobody else answers", async (t) => {
  t.ok(takes(fullAnswers));
  t.ok(takes({ ticket: "Friday", photos }), "who is not asked need not answer");
  for (const [answers, why] of [
    [{ ticket, photos }, "a required field that is asked is missing"],
    [{ ticket: "Friday", workshops, photos }, "another answer was given"],
    [{ ticket, workshops: ["Go"], laptop, photos }, "other options were chosen"],
    [{ ticket: "Friday", laptop, photos }, "what decides was not asked itself"],
    [{ ticket: "Friday", photos, paper }, "a consent was not given"],
    [{ ticket: "Friday", photos, press }, "a consent was given, and what it asks for is missing"],
    [{ workshops, photos }, "what decides is missing"],
  ] as const) {
    t.notOk(takes(answers), why);
  }
});

t.test("schema and form agree on who is asked", async () => {
  const some = (value: unknown) => fc.option(fc.constant(value), { nil: undefined });
  const any = fc.record({
    ticket: fc.constantFrom("Both days", "Friday"),
    workshops: fc.option(fc.subarray(["Rust", "Zig", "Go"], { minLength: 1, maxLength: 2 }), { nil: undefined }),
    laptop: some(true),
    photos: fc.constant(true),
    press: some(true),
    paper: some("The Times"),
  });
  fc.assert(
    fc.property(any, (choice) => {
      const answers = JSON.parse(JSON.stringify(choice)) as Record<string, unknown>;
      const byForm = event.fields.every(({ id, when, required }) =>
        isAsked(when, answers) ? !required || id in answers : !(id in answers),
      );
      if (takes(answers) !== byForm) throw new Error(`form ${byForm}`);
    }),
    { numRuns: 500 },
  );
});

t.test("what is stored of an accepted submission is valid by the schema for that, conditions included", async (t) => {
  const { keep } = createConsentRecords(event);
  t.ok(kept.Check({ ...person, answers: keep(fullAnswers) }));
  t.notOk(kept.Check({ ...person, answers: fullAnswers }), "a bare tick is not what is stored");
  t.notOk(submitted.Check({ ...person, answers: keep(fullAnswers) }), "and a record is not what is sent");
  const { press: _, ...without } = keep(fullAnswers);
  t.notOk(kept.Check({ ...person, answers: without }), "control: the condition counts");
});

t.test("an event without conditions is validated without them", async (t) => {
  const { allOf } = submissionSchema(event).properties.answers as { allOf?: unknown[] };
  t.equal(allOf?.length, event.fields.filter(({ when }) => when).length, "control: with them there is a rule each");
  const plain = { ...event, fields: event.fields.filter(({ when }) => !when) };
  t.notOk("allOf" in submissionSchema(plain).properties.answers);
});
