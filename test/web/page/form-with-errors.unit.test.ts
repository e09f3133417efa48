import { t } from "../../equipment/file-test.ts";
import { formFields } from "../../../web/page/form-fields.ts";
import { filledForm } from "../../../web/page/form-with-errors.ts";
import { exampleEvent } from "./example-event.ts";

const fields = formFields(exampleEvent, "en");

function fill(values: unknown, validationErrors: { pointer: string; detail: string }[] = []) {
  const form = filledForm(fields, { values, validationErrors });
  return { ...form, value: (pointer: string) => form.fields.find((field) => field.pointer === pointer)?.value };
}

t.test("keeps every entry", async (t) => {
  const { value } = fill({
    email: "ada@example.org",
    name: "Ada",
    answers: { guests: 0, ticket: "Both days", newsletter: true, conduct: false },
  });
  t.equal(value("/email"), "ada@example.org");
  t.equal(value("/answers/guests"), "0");
  t.equal(value("/answers/ticket"), "Both days");
  t.equal(value("/answers/newsletter"), true);
  t.equal(value("/answers/conduct"), false);
  t.equal(value("/answers/about"), "");
});

t.test("shows nothing for what no control could hold", async (t) => {
  for (const values of [undefined, null, "text", 5, [], { email: ["a"], name: {}, answers: "x" }, { answers: null }]) {
    for (const { value } of fill(values).fields) t.ok(value === "" || value === false, JSON.stringify(values));
  }
});

t.test("reads no property that an entry only inherits", async (t) => {
  const values = Object.create({ email: "inherited@example.org" });
  t.equal(fill(values).value("/email"), "");
});

t.test("ties each error to its control, and lists the others without one", async (t) => {
  const form = fill({}, [
    { pointer: "/email", detail: "Enter it." },
    { pointer: "/answers/guests", detail: "Enter a number." },
    { pointer: "/extra", detail: "Unknown." },
  ]);
  t.equal(form.fields.find((field) => field.id === "email")?.error, "Enter it.");
  t.equal(form.fields.find((field) => field.id === "name")?.error, undefined);
  t.strictSame(form.validationErrors, [
    { detail: "Enter it.", id: "email" },
    { detail: "Guests – Enter a number.", id: "answer-guests" },
    { detail: "Unknown.", id: undefined },
  ]);
});
