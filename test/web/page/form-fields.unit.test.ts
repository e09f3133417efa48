import { fieldsEvent, wording } from "../../equipment/fields-event.ts";
import { t } from "../../equipment/file-test.ts";
import { maxNameLength } from "../../../shared/registration/registration.ts";
import { maxEmailLength } from "../../../shared/registration/email-address.ts";
import type { Language } from "../../../shared/page/language.ts";
import type { EventField } from "../../../shared/registration/event-definition.ts";
import { formFields } from "../../../web/page/form-fields.ts";
import { exampleEvent } from "./example-event.ts";

const fields = formFields(exampleEvent, "en");
const field = (id: string) => fields.find((one) => one.id === id)!;

t.test("asks for email and name first, then what the organiser wants to know, in that order", async (t) => {
  t.strictSame(
    fields.map((one) => one.pointer),
    ["/email", "/name", ...exampleEvent.fields.map(({ id }) => `/answers/${id}`)],
  );
  t.equal(new Set(fields.map((one) => one.id)).size, fields.length);
});

t.test("takes the constraints from the schema that validates", async (t) => {
  t.match(field("email").attributes, { maxlength: maxEmailLength, autocomplete: "email" });
  t.match(field("name").attributes, { maxlength: maxNameLength, autocomplete: "name" });
  t.strictSame(field("answer-organisation").attributes, { minlength: 2, maxlength: 100 });
  t.strictSame(field("answer-guests").attributes, { min: 0, max: 4, step: 1, inputmode: "numeric" });
  t.strictSame(field("answer-height").attributes, { min: 0.5, step: "any" });
  t.strictSame(field("answer-contact").attributes, { maxlength: maxEmailLength });
});

t.test("offers a number pad only where neither sign nor fraction is needed", async (t) => {
  const [negative] = formFields(
    { ...exampleEvent, fields: [{ id: "floor", type: "number", label: "Floor", minimum: -2, integer: true }] },
    "en",
  ).slice(2);
  t.notOk("inputmode" in negative!.attributes);
});

t.test("gives a long text room", async (t) => {
  t.equal(field("answer-organisation").control, "line");
  t.equal(field("answer-about").control, "lines");
});

t.test("tells what each field allows", async (t) => {
  t.equal(field("answer-organisation").allowed, "Enter 2 to 100 characters.");
  t.equal(field("answer-about").allowed, "Enter at most 2000 characters.");
  t.equal(field("answer-guests").allowed, "Enter a whole number from 0 to 4.");
  t.equal(field("answer-height").allowed, "Enter a number of at least 0.5.");
  t.equal(field("answer-conduct").allowed, field("answer-conduct").missing);
  t.not(field("answer-newsletter").allowed, field("answer-newsletter").missing);
});

const own = formFields(fieldsEvent(), "en");
const ownField = (id: string) => own.find((one) => one.id === `answer-${id}`)!;

t.test("says for whom a field is, in words for people and in values for the script", async (t) => {
  t.same(ownField("workshops").condition, {
    name: "answers.ticket",
    wanted: ["Both days"],
    words: "Only for those who answer “Which days?” with “Both days”.",
  });
  t.match(ownField("laptop").condition, { wanted: ["Rust", "Zig"], words: /“Workshops” with “Rust” or “Zig”/ });
  t.match(ownField("paper").condition, { wanted: [true], words: "Only for those who tick “Press list”." });
  t.notOk("condition" in ownField("arrival"));
});

t.test("bounds days and the number of choices, and gives several lines room", async (t) => {
  t.strictSame(ownField("arrival").attributes, { min: "2026-05-08", max: "2026-05-10" });
  t.same(ownField("workshops").choices, { minimum: 1, maximum: 2 });
  t.equal(ownField("about").control, "lines");
  t.same(ownField("about").attributes, { maxlength: 1_000 });
  t.equal(ownField("photos").wording, wording);
  const pattern = new RegExp(`^(?:${ownField("phone").attributes.pattern})$`, "v");
  for (const typed of ["+49 (431) 12-34/56", " 12345 "]) t.match(typed, pattern);
  for (const typed of ["1234", "call me"]) t.notMatch(typed, pattern);
});

t.test("tells how many options there may be", async (t) => {
  const options = ["a", "b", "c"];
  const allowed = (bounds: object) =>
    formFields({ ...exampleEvent, fields: [{ id: "f", type: "choices", label: "F", options, ...bounds }] }, "en")[2]
      ?.allowed;
  t.equal(allowed({}), "Choose one or more of the options listed.");
  t.equal(allowed({ minimum: 2 }), "Choose at least 2 of the options listed.");
  t.equal(allowed({ maximum: 2 }), "Choose at most 2 of the options listed.");
  t.equal(allowed({ minimum: 1, maximum: 2 }), "Choose 1 to 2 of the options listed.");
  t.equal(allowed({ minimum: 2, maximum: 2 }), "Choose exactly 2 of the options listed.");
});

t.test("names the field before an error that does not say what it is about", async (t) => {
  t.equal(field("email").subject, "");
  t.equal(field("answer-guests").subject, "Guests – ");
});

t.test("writes the days that are allowed as people of the language write them", async (t) => {
  const arrival: EventField[] = [
    { id: "arrival", type: "date", label: "Arrival", earliest: "2026-05-08", latest: "2026-05-10" },
  ];
  const allowed = (language: Language) => formFields({ ...exampleEvent, fields: arrival }, language).at(-1)?.allowed;
  t.equal(allowed("en"), "Enter a date from 8 May 2026 to 10 May 2026.");
  t.equal(allowed("de"), "Geben Sie ein Datum vom 8. Mai 2026 bis zum 10. Mai 2026 ein.");
  t.equal(allowed("ar"), "أدخل تاريخًا من 8 مايو 2026 إلى 10 مايو 2026.");
});
