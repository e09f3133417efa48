import { t } from "../../equipment/file-test.ts";
import { widelyTranslatedEvent, widelyTranslatedFile } from "../../equipment/translated-event.ts";
import { parseEvent, type EventDefinition } from "../../../shared/registration/event-definition.ts";
import { consentRecord } from "../../../shared/registration/consent.ts";
import type { Registration } from "../../../shared/registration/registration.ts";
import { encodeRegistration, maxPackBytes, packFrameBytes } from "../../../shared/registration/registration-pack.ts";
import { largestBodyBytes, textRoom } from "../../../shared/registration/registration-size.ts";

const astral = "\u{1e900}";

function eventWith(maxLengths: readonly number[]): EventDefinition {
  const text = (maxLength: number, index: number) => ({ id: `t${index}`, type: "text", label: "Text", maxLength });
  return parseEvent({
    name: "Event",
    description: "",
    opensAt: "2026-01-01T00:00:00Z",
    closesAt: "2027-01-01T00:00:00Z",
    timeZone: "Europe/Berlin",
    fields: [
      ...maxLengths.map(text),
      { id: "mail", type: "email", label: "Address" },
      { id: "size", type: "number", label: "Size" },
      { id: "day", type: "select", label: "Day", options: ["Freitag", "Sonnabend 𐐀"] },
      { id: "ok", type: "checkbox", label: "Yes" },
      { id: "days", type: "choices", label: "Days", options: ["Freitag 𐐀", "Sonnabend", "Sonntag"], maximum: 2 },
      { id: "born", type: "date", label: "Born" },
      { id: "phone", type: "telephone", label: "Telephone" },
      { id: "agreed", type: "consent", label: "Agreed", text: astral.repeat(30) },
    ],
  });
}

/** The largest registration that the schema of such an event takes. */
function largest(event: EventDefinition) {
  const answers: Registration["answers"] = {
    mail: `${"m".repeat(64)}@${"d".repeat(63)}.${"e".repeat(63)}.${"f".repeat(58)}.org`,
    size: -1.234_567_890_123_456_7e-100,
    day: "Sonnabend 𐐀",
    ok: true,
    days: ["Freitag 𐐀", "Sonnabend"],
    born: "2026-05-01",
    phone: `+${"(".repeat(30)}`,
    agreed: consentRecord(astral.repeat(30)),
  };
  for (const field of event.fields) {
    if (field.type === "text") answers[field.id] = astral.repeat(field.maxLength ?? 200);
  }
  const email = String(answers["mail"]);
  return { email, name: astral.repeat(200), answers };
}

t.test("whatever fits by characters fits into a pack and into a body, at their largest", async (t) => {
  const { fitting } = textRoom(eventWith([]));
  const event = eventWith([2_000, 2_000, fitting - 200 - 4_000 - 20]);
  t.ok(textRoom(event).asked <= textRoom(event).fitting);
  const registration = largest(event);
  const packed = encodeRegistration({
    ...registration,
    id: "x".repeat(64),
    submittedAt: "2026-03-01T10:00:00.000Z",
    replayOf: "y".repeat(128),
  });
  t.ok(Buffer.byteLength(packed) + packFrameBytes <= maxPackBytes, `${Buffer.byteLength(packed)} bytes packed`);
  t.ok(Buffer.byteLength(packed) > 0.9 * maxPackBytes, "control: close to the limit");
  const form = new URLSearchParams({ email: registration.email, name: registration.name });
  for (const [id, answer] of Object.entries(registration.answers)) {
    for (const one of Array.isArray(answer) ? answer : [answer]) form.append(`answers.${id}`, String(one));
  }
  t.ok(form.toString().length <= largestBodyBytes(event), `${form.toString().length} bytes as a form`);
});

t.test("every option that may be chosen and every wording takes room", async (t) => {
  const room = (field: object) => {
    const { fitting } = textRoom(parseEvent({ ...eventWith([]), fields: [field] }));
    return fitting;
  };
  const options = Array.from({ length: 50 }, (_, index) => `${index} ${"x".repeat(190)}`);
  const choices = { id: "many", type: "choices", label: "Many", options };
  t.ok(room({ ...choices, maximum: 1 }) - room(choices) > 700, "49 more options of 190 bytes");
  const consent = { id: "agreed", type: "consent", label: "Agreed", text: "x" };
  t.ok(room(consent) - room({ ...consent, text: "x".repeat(1_000) }) > 80);
});

t.test("more than that is rejected when the event is loaded", async (t) => {
  t.throws(() => eventWith([2_000, 2_000, 2_000]), { code: "TURNOUT_EVENT_INVALID", message: /\/fields allow texts/ });
  t.doesNotThrow(() => eventWith([2_000, 2_000, 200, 200, 200, 200]));
});

t.test("a consent takes the room of its longest wording, in whatever language", async (t) => {
  const { en } = structuredClone(widelyTranslatedFile).translations;
  const photos = { label: "Photos", text: astral.repeat(500) };
  const longer = { ...widelyTranslatedFile, translations: { en: { ...en, fields: { ...en.fields, photos } } } };
  const room = textRoom(widelyTranslatedEvent).fitting - textRoom(parseEvent(structuredClone(longer))).fitting;
  t.ok(room > 450 && room <= 500, String(room));
});
