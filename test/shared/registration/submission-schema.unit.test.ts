import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { parseEvent, type EventField } from "../../../shared/registration/event-definition.ts";
import { normalizeSubmission, submissionSchema } from "../../../shared/registration/submission-schema.ts";

function eventWith(...fields: EventField[]) {
  return parseEvent({
    name: "Summit",
    description: "",
    opensAt: "2026-03-01T09:00:00Z",
    closesAt: "2027-03-01T09:00:00Z",
    timeZone: "UTC",
    fields,
  });
}

const person = { email: "ada@example.org", name: "Ada" };

/** @returns whether a submission with this answer passes an event with this one field */
function takes(field: EventField, answer: unknown): boolean {
  return Compile(submissionSchema(eventWith(field))).Check({ ...person, answers: { [field.id]: answer } });
}

const cases: [field: EventField, taken: unknown[], rejected: unknown[]][] = [
  [
    { id: "f", type: "text", label: "F", maxLength: 3 },
    ["", "abc", "a\nb", "😀😀😀"],
    ["abcd", "😀😀😀😀", "\0", "\x1b", "\ud800", "\uffff", 1, true, null, ["a"], {}],
  ],
  [{ id: "f", type: "text", label: "F", minLength: 2 }, ["ab", "a".repeat(200)], ["", "a", "a".repeat(201)]],
  [{ id: "f", type: "text", label: "F", required: true }, ["a"], ["", null]],
  [
    { id: "f", type: "email", label: "F" },
    ["ada@example.org"],
    ["", "Ada@example.org", "ada", ["ada@example.org"], `${"a".repeat(65)}@example.org`],
  ],
  [
    { id: "f", type: "number", label: "F", minimum: 0, maximum: 4, integer: true },
    [0, 4, 2],
    [-1, 5, 1.5, "2", true, null, NaN, Infinity, [2]],
  ],
  [{ id: "f", type: "number", label: "F" }, [-1.5, 0, 2 ** 53 - 1], [2 ** 53, -(2 ** 53), 1e300, Infinity, "1"]],
  [{ id: "f", type: "number", label: "F", maximum: 9e15 }, [9e15], [9.007e15, 2 ** 53]],
  [
    { id: "f", type: "select", label: "F", options: ["Both days", "1", "true"] },
    ["Both days", "1", "true"],
    ["", "both days", "Both days ", 1, true, null, ["Both days"]],
  ],
  [
    { id: "f", type: "choices", label: "F", options: ["a", "b", "c"], maximum: 2 },
    [[], ["a"], ["c", "a"]],
    ["a", ["a", "a"], ["a", "b", "c"], ["d"], ["a", 1], [["a"]], { 0: "a" }, null, true],
  ],
  [{ id: "f", type: "choices", label: "F", options: ["a", "b"], required: true }, [["a"], ["b", "a"]], [[], "a"]],
  [{ id: "f", type: "choices", label: "F", options: ["a", "b", "c"], minimum: 2 }, [["a", "b"]], [[], ["a"]]],
  [
    { id: "f", type: "date", label: "F" },
    ["2026-05-01", "2028-02-29", "0001-01-01"],
    ["2026-02-29", "2026-5-1", "01.05.2026", "2026-05-01T00:00:00Z", " 2026-05-01", "", 20_260_501, null],
  ],
  [
    { id: "f", type: "date", label: "F", earliest: "2026-05-08", latest: "2026-06-01" },
    ["2026-05-08", "2026-05-31", "2026-06-01"],
    ["2026-05-07", "2026-06-02", "2025-05-20", "2027-05-20"],
  ],
  [
    { id: "f", type: "telephone", label: "F" },
    ["+49 431 123456", "0431/12 34-56", "(0431) 1.2", "12345"],
    ["1234", "+", "++49 431", "049 x12", "٠١٢٣٤٥", "1".repeat(32), "123\n456", "", 12_345],
  ],
  [{ id: "f", type: "text", label: "F", multiline: true }, ["a\nb", "x".repeat(1_000)], ["x".repeat(1_001), 1]],
  [{ id: "f", type: "consent", label: "F", text: "Yes." }, [true], [false, "true", "Yes.", 1, null]],
  [{ id: "f", type: "checkbox", label: "F" }, [true, false], ["true", "on", 1, 0, null]],
  [{ id: "f", type: "checkbox", label: "F", required: true }, [true], [false, "true", 1]],
];

t.test("each kind of field takes its own answers and coerces none", async (t) => {
  for (const [field, taken, rejected] of cases) {
    const { id: _, label: __, ...shown } = field;
    for (const answer of taken) t.ok(takes(field, answer), `${JSON.stringify(shown)} takes ${JSON.stringify(answer)}`);
    for (const answer of rejected) t.notOk(takes(field, answer), `${JSON.stringify(shown)} rejects ${String(answer)}`);
  }
});

t.test("answers may be left out unless one is required", async (t) => {
  const optional = Compile(submissionSchema(eventWith({ id: "f", type: "text", label: "F" })));
  t.ok(optional.Check(person));
  t.ok(optional.Check({ ...person, answers: {} }));
  const required = Compile(
    submissionSchema(
      eventWith({ id: "f", type: "text", label: "F", required: true }, { id: "g", type: "text", label: "G" }),
    ),
  );
  t.notOk(required.Check(person));
  t.notOk(required.Check({ ...person, answers: {} }));
  t.notOk(required.Check({ ...person, answers: { g: "x" } }));
  t.ok(required.Check({ ...person, answers: { f: "x" } }));
});

t.test("nothing but email, name and the event's own answers is taken", async (t) => {
  const schema = Compile(submissionSchema(eventWith({ id: "f", type: "text", label: "F" })));
  for (const text of [
    `{"email":"ada@example.org","name":"Ada","extra":1}`,
    `{"email":"ada@example.org","name":"Ada","__proto__":{"x":1}}`,
    `{"email":"ada@example.org","name":"Ada","constructor":{"prototype":{}}}`,
    `{"email":"ada@example.org","name":"Ada","answers":{"__proto__":"x"}}`,
    `{"email":"ada@example.org","name":"Ada","answers":{"constructor":"x"}}`,
    `{"email":"ada@example.org","name":"Ada","answers":{"toString":"x"}}`,
    `{"email":"ada@example.org","name":"Ada","answers":{"g":"x"}}`,
    `{"email":"ada@example.org","name":"Ada","answers":[]}`,
    `{"email":"ada@example.org","name":"Ada","answers":null}`,
    `{"__proto__":{"email":"ada@example.org","name":"Ada"}}`,
    `[]`,
    `null`,
    `"text"`,
  ]) {
    t.notOk(schema.Check(JSON.parse(text)), text);
  }
  t.ok(schema.Check(JSON.parse(`{"email":"ada@example.org","name":"Ada","answers":{"f":"x"}}`)), "control");
});

t.test("blanks and spellings are brought to one form before they are validated", async (t) => {
  const event = eventWith({ id: "partner", type: "email", label: "P" }, { id: "note", type: "text", label: "N" });
  const body = {
    email: " Ada@BÜCHER.example ",
    name: "\u3000 Ada Lovelace\t",
    answers: { partner: " Bob@Example.org", note: " kept as typed " },
  };
  normalizeSubmission(body, event);
  t.same(body, {
    email: "ada@xn--bcher-kva.example",
    name: "Ada Lovelace",
    answers: { partner: "bob@example.org", note: " kept as typed " },
  });
  const schema = Compile(submissionSchema(event));
  t.ok(schema.Check(body));
  const blank = { ...person, name: " \t\u00a0 " };
  normalizeSubmission(blank, event);
  t.equal(blank.name, "");
  t.notOk(schema.Check(blank));
});

t.test("a telephone number is taken without the blanks around it, and otherwise as typed", async (t) => {
  const body = { ...person, answers: { phone: " +49 (431)  12 " } };
  normalizeSubmission(body, eventWith({ id: "phone", type: "telephone", label: "P" }));
  t.equal(body.answers.phone, "+49 (431)  12");
});

t.test("a number too small for the table is 0, and any other is left as it is", async (t) => {
  const event = eventWith({ id: "guests", type: "number", label: "G" });
  for (const [sent, kept] of [
    [1e-131, 0],
    [-5e-324, 0],
    [-0, 0],
    [1e-130, 1e-130],
    [-2.5, -2.5],
  ] as const) {
    const body = { ...person, answers: { guests: sent } };
    normalizeSubmission(body, event);
    t.ok(Object.is(body.answers.guests, kept), String(sent));
  }
});

t.test("whatever has another shape is left as it is, for the validation to reject", async (t) => {
  const event = eventWith({ id: "partner", type: "email", label: "P" });
  const notText = fc.jsonValue().filter((value) => typeof value !== "string");
  fc.assert(
    fc.property(notText, (part) => {
      for (const body of [part, { email: part, name: part, answers: part }, { answers: { partner: part } }]) {
        const before = JSON.stringify(body);
        normalizeSubmission(body, event);
        if (JSON.stringify(body) !== before) throw new Error("it was changed");
      }
    }),
  );
  for (const body of [null, 1, "text", [], undefined]) t.doesNotThrow(() => normalizeSubmission(body, event));
});

t.test("normalising twice is the same as once", async () => {
  const event = eventWith({ id: "partner", type: "email", label: "P" });
  const text = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(text, text, text, (email, name, partner) => {
      const once = { email, name, answers: { partner } };
      normalizeSubmission(once, event);
      const twice = structuredClone(once);
      normalizeSubmission(twice, event);
      return JSON.stringify(once) === JSON.stringify(twice);
    }),
  );
});
