import { t } from "../../equipment/file-test.ts";
import { maxNameLength } from "../../../shared/registration/registration.ts";
import { maxEmailLength } from "../../../shared/registration/email-address.ts";
import { formFields } from "../../../web/page/form-fields.ts";
import { messagesIn } from "../../../web/page/messages.ts";
import { exampleEvent } from "./example-event.ts";

const fields = formFields(exampleEvent, messagesIn("en"));
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
    messagesIn("en"),
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

t.test("names the field before an error that does not say what it is about", async (t) => {
  t.equal(field("email").subject, "");
  t.equal(field("answer-guests").subject, "Guests – ");
});
