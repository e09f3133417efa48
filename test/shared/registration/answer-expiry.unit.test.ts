import { Compile } from "typebox/compile";
import { t } from "../../equipment/file-test.ts";
import {
  createExpiredFields,
  withoutExpired,
  withoutExpiredAnswers,
  withoutExpiredFields,
} from "../../../shared/registration/answer-expiry.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { keptSchema, submissionSchema } from "../../../shared/registration/submission-schema.ts";

const expiresAt = "2026-06-01T00:00:00Z";
const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2026-01-01T00:00:00Z",
  closesAt: "2026-05-01T00:00:00Z",
  timeZone: "UTC",
  fields: [
    { id: "meal", type: "select", label: "Meal", options: ["Vegan", "Other"], required: true, expiresAt },
    { id: "which", type: "text", label: "Which?", required: true, when: { field: "meal", is: "Other" } },
    { id: "guests", type: "number", label: "Guests", expiresAt: "2026-07-01T00:00:00Z" },
  ],
});

t.test("a field expires at its moment, each at its own", async (t) => {
  const expired = createExpiredFields(event);
  t.same([...expired(Date.parse(expiresAt) - 1)], []);
  t.same([...expired(Date.parse(expiresAt))], ["meal"]);
  t.equal(expired(Date.parse(expiresAt)), expired(Date.parse(expiresAt) + 1), "the same set while nothing changes");
  t.same([...expired(Date.parse("2026-07-01T00:00:00Z"))], ["meal", "guests"]);
  t.same([...expired(0)], [], "on whatever clock");
  t.same([...createExpiredFields(undefined)(Infinity)], [], "where no event is known, nothing does");
});

t.test("its answer is left out, and what holds none stays the same object", async (t) => {
  const meal = new Set(["meal"]);
  const answers = { meal: "Vegan", guests: 2 };
  t.same(withoutExpired(answers, meal), { guests: 2 });
  t.equal(withoutExpired(answers, new Set()), answers);
  const holder = { name: "Ada", answers: { guests: 2 } };
  t.equal(withoutExpiredAnswers(holder, meal), holder);
  t.same(withoutExpiredAnswers({ name: "Ada", answers }, meal), holder);
  t.same(answers, { meal: "Vegan", guests: 2 });
});

t.test("a required answer that has expired is not missed, nor what another one demanded by it", async (t) => {
  const kept = Compile(keptSchema(withoutExpiredFields(event, new Set(["meal"]))));
  const ofAda = (answers: object) => ({ email: "ada@example.org", name: "Ada", answers });
  t.equal(kept.Check(ofAda({ guests: 2 })), true);
  t.equal(kept.Check(ofAda({ which: "Kosher" })), true, "given when its condition could still be checked");
  t.equal(kept.Check(ofAda({ meal: "Vegan" })), false, "it is no field any more");
  const whole = Compile(keptSchema(event));
  t.equal(whole.Check(ofAda({ guests: 2 })), false, "before, it is missing");
  t.equal(whole.Check(ofAda({ which: "Kosher" })), false);
  t.equal(withoutExpiredFields(event, new Set()), event);
});

t.test("programs are told in the schema", async (t) => {
  const { answers } = submissionSchema(event).properties;
  const { properties } = answers as unknown as { properties: Record<string, { description: string }> };
  t.equal(properties.meal?.description, `Meal (deleted after ${expiresAt})`);
  t.equal(properties.which?.description, "Which?");
});
