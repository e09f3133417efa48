import { t } from "../../equipment/file-test.ts";
import {
  translatedEvent,
  translatedFile,
  widelyTranslatedEvent,
  widelyTranslatedFile,
} from "../../equipment/translated-event.ts";
import type { TurnoutError } from "../../../shared/errors.ts";
import { languages } from "../../../shared/page/language.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { eventIn, hasChoiceOfLanguages, languagesOf } from "../../../shared/registration/event-translation.ts";

/**
 * @param changes of the file by pointer: a new value, or undefined to remove what is there
 * @param original the file. Default: the one with simple fields.
 * @returns the details of the errors by their pointers
 */
function errorsAfter(
  changes: Readonly<Record<string, unknown>>,
  original: object = translatedFile,
): Record<string, string> {
  const file = structuredClone(original) as Record<string, unknown>;
  for (const [pointer, value] of Object.entries(changes)) {
    const tokens = pointer
      .slice(1)
      .split("/")
      .map((token) => token.replaceAll("~1", "/"));
    const last = tokens.pop() ?? "";
    const place = tokens.reduce((within, token) => within[token] as Record<string, unknown>, file);
    if (value === undefined) delete place[last];
    else place[last] = value;
  }
  try {
    parseEvent(file);
  } catch (error) {
    const { validationErrors } = error as TurnoutError;
    return Object.fromEntries(validationErrors.map(({ pointer, detail }) => [pointer, detail]));
  }
  return {};
}

t.test("an event is shown in the languages of its file, its default first", async (t) => {
  t.strictSame(languagesOf(translatedEvent), ["de", "en", "ar"]);
  t.equal(languagesOf(translatedEvent), languagesOf(translatedEvent), "the same array each time");
  t.ok(hasChoiceOfLanguages(translatedEvent));
  const { translations: _, ...german } = translatedFile;
  const alone = parseEvent(structuredClone(german));
  t.strictSame(languagesOf(alone), ["de"]);
  t.notOk(hasChoiceOfLanguages(alone));
});

t.test("one whose file names no language is shown in every language, as it is written", async (t) => {
  const { translations: _, language: __, ...plain } = translatedFile;
  const event = parseEvent(structuredClone(plain));
  t.equal(languagesOf(event), languages);
  t.notOk(hasChoiceOfLanguages(event));
  for (const language of languages) t.equal(eventIn(event, language), event);
});

t.test("its texts are those of the language, and what is stored stays that of the default", async (t) => {
  const english = eventIn(translatedEvent, "en");
  t.match(english, { name: "Open day", venue: "Harbour School, Kiel", opensAt: translatedEvent.opensAt });
  t.match(english.fields[0], {
    id: "tour",
    label: "Which tour?",
    hint: "It takes an hour.",
    options: ["Vormittag", "Mittag / Nachmittag"],
    optionLabels: { Vormittag: "Morning", "Mittag / Nachmittag": "Noon or afternoon" },
  });
  t.match(english.fields[2], { label: "People who come along", maximum: 4 });
  t.equal(eventIn(translatedEvent, "en"), english, "the same object each time");
  t.equal(eventIn(translatedEvent, "de"), translatedEvent);
  t.equal(translatedEvent.name, "Tag der offenen Tür", "which is as it was");
});

t.test("every text that is missing in a language is told with its place: an event is never half in one", async (t) => {
  const missing = [
    "/translations/ar/fields/tour/hint",
    "/translations/ar/fields/tour/options/Mittag ~1 Nachmittag",
    "/translations/en/fields/child/label",
    "/translations/en/venue",
  ];
  const found = errorsAfter(Object.fromEntries(missing.map((pointer) => [pointer, undefined])));
  t.strictSame(Object.keys(found).toSorted(), missing);
  t.match(found["/translations/en/venue"], /is missing.*Schule am Hafen/);
  const all = errorsAfter({ "/translations/en/fields": undefined });
  t.ok("/translations/en/fields/guests/label" in all);
});

t.test("so is every text that translates nothing", async (t) => {
  const found = errorsAfter({
    "/venue": undefined,
    "/translations/en/fields/guests/hint": "Children too",
    "/translations/en/fields/tour/options/Abend": "Evening",
    "/translations/en/fields/shoes": { label: "Shoe size" },
  });
  t.strictSame(Object.keys(found).toSorted(), [
    "/translations/ar/venue",
    "/translations/en/fields/guests/hint",
    "/translations/en/fields/shoes",
    "/translations/en/fields/tour/options/Abend",
    "/translations/en/venue",
  ]);
  for (const detail of Object.values(found)) t.match(detail, "translates nothing");
});

t.test("a language without messages is an error that names those that there are", async (t) => {
  const found = errorsAfter({ "/language": "fr", "/translations/nl": {} });
  t.match(found["/language"], /en, de, ar/);
  t.match(found["/translations/nl"], /en, de, ar/);
  t.match(errorsAfter({ "/translations/de": {} })["/translations/de"], "own texts");
  t.match(errorsAfter({ "/language": undefined })["/language"], "is missing");
});

t.test("a text is checked as in the file itself", async (t) => {
  const found = errorsAfter({
    "/translations/en/name": "x".repeat(201),
    "/translations/en/fields/tour/label": "two\nlines",
    "/translations/en/fields/tour/title": "Tour",
  });
  t.strictSame(Object.keys(found).toSorted(), [
    "/translations/en/fields/tour/label",
    "/translations/en/fields/tour/title",
    "/translations/en/name",
  ]);
  const alike = errorsAfter({ "/translations/en/fields/tour/options/Vormittag": "Noon or afternoon" });
  t.match(alike["/translations/en/fields/tour/options"], "look alike");
});

t.test("organiser, sections, choices and consents are translated as well", async (t) => {
  const english = eventIn(widelyTranslatedEvent, "en");
  t.match(english.organiser, { name: "Friends of the Harbour School", email: "verein@example.org" });
  t.match(english.fields.slice(-2), [
    { options: ["Chor", "Schach"], optionLabels: { Chor: "Choir" }, section: { title: "Interests", text: /show you/ } },
    { text: "Photos of me may be shown.", when: { field: "clubs", is: "Chor" } },
  ]);
  const places = [
    "/translations/en/fields/clubs/options/Schach",
    "/translations/en/fields/clubs/section/text",
    "/translations/en/fields/clubs/section/title",
    "/translations/en/fields/photos/text",
    "/translations/en/organiser/name",
  ];
  const missing = errorsAfter(Object.fromEntries(places.map((pointer) => [pointer, undefined])), widelyTranslatedFile);
  t.strictSame(Object.keys(missing).toSorted(), places);
  for (const detail of Object.values(missing)) t.match(detail, "is missing");
  const superfluous = errorsAfter(
    { "/organiser": undefined, "/fields/4/section": undefined, "/translations/en/fields/tour/text": "I agree." },
    widelyTranslatedFile,
  );
  t.strictSame(Object.keys(superfluous).toSorted(), [
    "/translations/en/fields/clubs/section",
    "/translations/en/fields/tour/text",
    "/translations/en/organiser",
  ]);
});
