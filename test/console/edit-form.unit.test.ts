import { consentRecord } from "../../shared/registration/consent.ts";
import { fieldsEvent, wording } from "../equipment/fields-event.ts";
import { t } from "../equipment/file-test.ts";
import { editFields, readChanges } from "../../console/edit-form.ts";
import { event } from "./open-console.ts";
import { postedChoice, postedList, postedNumber, postedText, postedWhy } from "../../console/posted-form.ts";

const entry = {
  email: "ann@example",
  name: "Ann",
  answers: { ticket: "Sunday", guests: 2, conduct: true, shoe: "42" },
};
/** The form as it was shown, posted again. */
const untouched = {
  email: "ann@example",
  name: "Ann",
  "answers.ticket": "Sunday",
  "answers.guests": "2",
  "answers.conduct": "true",
};

t.test("the form has the event's fields with the schema's bounds, and what is there beyond them", async (t) => {
  const fields = editFields(event, entry, undefined, [{ pointer: "/answers/ticket", detail: "is not allowed" }]);
  t.same(
    fields.map(({ name, control }) => `${name} ${control}`),
    [
      "email line",
      "name line",
      "answers.ticket select",
      "answers.guests number",
      "answers.conduct checkbox",
      "answers.shoe surplus",
    ],
  );
  t.match(fields[2], { value: "Sunday", options: ["Both", "Friday"], error: "is not allowed" });
  t.match(fields[3], { value: "2", attributes: { min: 0, max: 4, step: 1 } });
  t.match(fields[4], { value: true });
  t.same(
    editFields(undefined, { email: 5 }, undefined, []).map(({ value }) => value),
    ["5", ""],
    "without an event",
  );
});

t.test("what stands there as before is no change", async (t) => {
  t.same(readChanges(event, entry, untouched), []);
  t.same(readChanges(event, {}, { email: "", name: "", "answers.ticket": "", "answers.guests": "" }), []);
});

t.test("changes carry the type that the schema wants; a wrong one is left for it to refuse", async (t) => {
  const changes = readChanges(event, entry, {
    email: "ann@example.org",
    name: "Ann",
    "answers.ticket": "",
    "answers.guests": "many",
    "remove.answers.shoe": "yes",
  });
  t.same(changes, [
    { field: "email", value: "ann@example.org" },
    { field: "answers.ticket", value: undefined },
    { field: "answers.guests", value: "many" },
    { field: "answers.conduct", value: false },
    { field: "answers.shoe", value: undefined },
  ]);
  t.same(readChanges(event, entry, { ...untouched, "answers.guests": "3" }), [{ field: "answers.guests", value: 3 }]);
  const text = { ...entry, answers: { guests: "2" } };
  t.same(readChanges(event, text, { "answers.guests": "2" }), [{ field: "answers.guests", value: 2 }], "was a text");
});

t.test("several choices are read as a list, and a consent can only be taken away", async (t) => {
  const own = fieldsEvent();
  const stored = { answers: { ticket: "Both days", workshops: ["Zig", "COBOL"], photos: consentRecord(wording) } };
  const fields = editFields(own, stored, undefined, []);
  const named = (name: string) => fields.find((field) => field.name === `answers.${name}`);
  t.match(named("workshops"), { control: "choices", value: ["Zig", "COBOL"], hint: /only if ticket is Both days/ });
  t.match(named("photos"), { control: "surplus", value: consentRecord(wording) });
  t.equal(named("press"), undefined, "which was not given");
  const change = (posted: object) => readChanges(own, stored, { "answers.ticket": "Both days", ...posted });
  t.same(change({ "answers.workshops": ["COBOL", "Zig"] }), [], "as before, in another order");
  t.same(change({ "answers.workshops": "Go" }), [{ field: "answers.workshops", value: ["Go"] }]);
  t.same(change({}), [{ field: "answers.workshops", value: undefined }]);
  t.same(readChanges(own, { answers: {} }, {}), []);
  t.same(change({ "answers.workshops": ["Zig", "COBOL"], "remove.answers.photos": "yes" }), [
    { field: "answers.photos", value: undefined },
  ]);
});

const refused = { code: "TURNOUT_REQUEST_INVALID" };

t.test("texts, numbers, choices and lists are read within their bounds", async (t) => {
  t.equal(postedText({ a: " x " }, "a", 5), "x");
  t.equal(postedText({}, "a", 5), "");
  t.equal(postedWhy({ why: "because" }), "because");
  t.equal(postedNumber({ n: "10" }, "n", 1, 10), 10);
  t.equal(postedChoice({ c: "b" }, "c", ["a", "b"]), "b");
  t.equal(postedChoice({ c: "" }, "c", ["a", "b"]), undefined);
  t.same(postedList({ id: "a" }, "id"), ["a"]);
  t.same(postedList({ id: ["a", "b"] }, "id"), ["a", "b"]);
  t.same(postedList({}, "id"), []);
});

t.test("whatever else comes is refused in words", async (t) => {
  t.throws(() => postedText({ a: "123456" }, "a", 5), refused);
  t.throws(() => postedText({ a: ["x", "y"] }, "a", 5), refused);
  t.throws(() => postedWhy({ why: "  " }), refused);
  for (const n of ["0", "11", "1.5", "1e1", "-1", "", undefined, ["5"]]) {
    t.throws(() => postedNumber({ n }, "n", 1, 10), refused, String(n));
  }
  t.throws(() => postedChoice({ c: "__proto__" }, "c", ["a"]), refused);
  t.throws(() => postedList({ id: [{}] }, "id"), refused);
});
