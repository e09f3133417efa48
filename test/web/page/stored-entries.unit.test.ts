import { consentRecord } from "../../../shared/registration/consent.ts";
import { fieldsEvent } from "../../equipment/fields-event.ts";
import { t } from "../../equipment/file-test.ts";
import { messagesIn } from "../../../web/page/messages.ts";
import { storedEntries } from "../../../web/page/stored-entries.ts";
import { exampleEvent } from "./example-event.ts";

const text = messagesIn("en");

t.test("each entry has the label of its field, in the order of the form", async (t) => {
  const answers = { newsletter: false, guests: 0, ticket: "Both days", conduct: true, height: 1.8 };
  t.same(storedEntries({ name: "Ada", answers }, exampleEvent, "en", text), [
    { label: "Name", value: "Ada" },
    { label: "Which days?", value: "Both days" },
    { label: "Guests", value: "0" },
    { label: "Height in metres", value: "1.8" },
    { label: "I accept the code of conduct", value: "Yes" },
    { label: "Newsletter", value: "No" },
  ]);
});

t.test(
  "several options stand below each other, and a consent is shown with the wording that was agreed to",
  async (t) => {
    const answers = { workshops: ["Rust", "Go"], arrival: "2026-05-09", photos: consentRecord("An earlier\nwording.") };
    t.same(
      storedEntries({ name: "Ada", answers: { ...answers, about: consentRecord("x") } }, fieldsEvent(), "en", text),
      [
        { label: "Name", value: "Ada" },
        { label: "Workshops", value: "Rust\nGo" },
        { label: "Arrival", value: "9 May 2026" },
        { label: "Tell us more", value: consentRecord("x") },
        { label: "Photos", value: "Yes\nAn earlier\nwording." },
      ],
    );
    t.same(
      storedEntries({ name: "Ada", answers: { workshops: [] } }, fieldsEvent(), "en", text).length,
      1,
      "none chosen is no entry",
    );
  },
);

t.test("what was not answered is left out, and what the event no longer asks for comes last", async (t) => {
  t.same(storedEntries({ name: "Ada", answers: { earlier: "kept", organisation: "" } }, exampleEvent, "en", text), [
    { label: "Name", value: "Ada" },
    { label: "earlier", value: "kept" },
  ]);
});
