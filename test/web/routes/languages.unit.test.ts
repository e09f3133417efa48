/** An event in languages of its own: everything that an attendee gets is in one of them as a whole. */
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { translatedEvent, translatedFile, widelyTranslatedEvent } from "../../equipment/translated-event.ts";
import { buildTestApp, testEvent } from "../../equipment/web-app.ts";
import type { KnownRegistration } from "../../../web/status/registration-status.ts";

const html = { accept: "text/html" };
const form = { ...html, "content-type": "application/x-www-form-urlencoded" };
const filledIn = { email: "ada@example.org", name: "Ada", "answers.tour": "Vormittag", "answers.rules": "true" };

async function open(t: Test, known: KnownRegistration = { status: "pending" }, event = translatedEvent) {
  const stage = await buildTestApp({
    event,
    parts: { statuses: { read: async () => known }, sendMailPack: async () => undefined },
  });
  t.teardown(() => stage.app.close());
  const get = (url: string, headers: Record<string, string> = html) => stage.app.inject({ url, headers });
  const post = (url: string, entries: Record<string, string>, headers: Record<string, string> = form) =>
    stage.app.inject({ method: "POST", url, headers, payload: new URLSearchParams(entries).toString() });
  return { ...stage, get, post };
}

/** A word of each language that is in its page's own texts, and one that is the organiser's. */
const words = {
  de: ["Anmelden", "Tag der offenen Tür", "Welche Führung?", ">Vormittag</option>"],
  en: ["Register", "Open day", "Which tour?", '<option value="Vormittag">Morning</option>'],
  ar: ["التسجيل", "يوم الأبواب المفتوحة", "أي جولة؟", '<option value="Vormittag">الصباح</option>'],
} as const;

t.test("the page comes in the language that the browser prefers, or by a link to it", async (t) => {
  const { get } = await open(t);
  for (const [language, expected] of Object.entries(words)) {
    for (const [url, header] of [
      ["/", language],
      [`/?lang=${language}`, "fr"],
    ] as const) {
      const { body, headers } = await get(url, { ...html, "accept-language": header });
      for (const word of expected) t.ok(body.includes(word), `${language}: ${word}`);
      for (const [other, foreign] of Object.entries(words)) {
        if (other !== language) t.notOk(body.includes(foreign[2]), `${language} has nothing of ${other}`);
      }
      t.equal(body.includes('dir="rtl"'), language === "ar");
      t.match(headers.vary, "Accept-Language");
    }
  }
  t.match((await get("/", { ...html, "accept-language": "fr" })).body, "Tag der offenen Tür", "its default otherwise");
});

t.test(
  "an event in one language comes whole in it, also to whom it is foreign, errors and status included",
  async (t) => {
    const { get, post, app } = await open(t, undefined, { ...testEvent, language: "en" });
    const german = { ...form, "accept-language": "de" };
    const wrong = await post("/registrations", { ...filledIn, email: "ada" }, german);
    const sent = await post(
      "/registrations",
      { email: "ada@example.org", name: "Ada", "answers.meal": "meat", "answers.terms": "true" },
      german,
    );
    t.equal(sent.statusCode, 303);
    const status = await get(sent.headers.location ?? "", german);
    const problem = await app.inject({
      method: "POST",
      url: "/registrations",
      headers: { "accept-language": "de" },
      payload: { email: "ada", name: "" },
    });
    for (const [name, { body }] of Object.entries({ page: await get("/", german), wrong, status })) {
      t.match(body, '<html lang="en-GB"', name);
      t.notMatch(body, /lang="de|Anmeld|Bitte/, name);
    }
    t.notMatch(problem.body, /Bitte|darf/);
    const control = await open(t, undefined, testEvent);
    t.match((await control.get("/", german)).body, '<html lang="de-DE"', "control: by the browser where none is named");
  },
);

t.test("each page leads to the others and keeps its own language in its links", async (t) => {
  const { get } = await open(t);
  const { body } = await get("/?lang=ar");
  t.match(body, '<a href="/?lang=en" lang="en-GB" hreflang="en-GB">English</a>');
  t.match(body, '<a href="/?lang=ar" lang="ar" hreflang="ar" aria-current="true">العربية</a>');
  t.match(body, 'action="/registrations?lang=ar"');
  t.match(body, 'href="/lost-link?lang=ar"');
  t.match(body, 'href="/event.ics?lang=ar"');
  t.notMatch(body, 'href="/event.ics"');
  t.match((await get("/lost-link?lang=ar")).body, 'action="/link-requests?lang=ar"');
});

t.test("where there is no choice, the page has no switch and its links are plain", async (t) => {
  const { get } = await open(t, undefined, testEvent);
  const { body } = await get("/?lang=de");
  t.match(body, 'action="/registrations"');
  t.notMatch(body, "lang=de");
  t.notMatch(body, "hreflang");
  t.match(body, 'lang="en-GB"');
});

t.test("the language is kept through form post and status, whatever the browser prefers", async (t) => {
  const { get, post, queued } = await open(t);
  const english = { ...form, "accept-language": "en" };
  const reply = await post("/registrations?lang=ar", filledIn, english);
  t.equal(reply.statusCode, 303);
  t.match(queued, [{ language: "ar", answers: { tour: "Vormittag" } }]);
  const status = await get(String(reply.headers.location), { ...html, "accept-language": "en" });
  t.match(status.body, "لقد تسلّمنا تسجيلك");
  t.match(status.body, "يوم الأبواب المفتوحة");
  t.match(status.body, 'href="/?lang=ar"');

  const inDefault = await post("/registrations?lang=de", filledIn, english);
  t.notOk("language" in queued[1]!, "the default takes no bytes");
  const german = await get(String(inDefault.headers.location), { ...html, "accept-language": "en" });
  t.match(german.body, "Wir haben Ihre Anmeldung");
});

t.test("so are errors in the form", async (t) => {
  const { post } = await open(t);
  const { "answers.tour": _, ...incomplete } = filledIn;
  const reply = await post("/registrations?lang=ar", incomplete, { ...form, "accept-language": "en" });
  t.equal(reply.statusCode, 400);
  t.match(reply.body, "اختر أحد الخيارات.");
  t.match(reply.body, "أي جولة؟ – ");
  t.match(reply.body, 'action="/registrations?lang=ar"');
  const labels = await post("/registrations?lang=en", { ...filledIn, "answers.tour": "Morning" });
  t.equal(labels.statusCode, 400, "an answer is the option of the default language, not its label");
});

t.test("what is stored is shown with the labels of the registration's language", async (t) => {
  const content = { name: "Ada", answers: { tour: "Mittag / Nachmittag", rules: true } };
  const { get, post, receipts, changes } = await open(t, { status: "confirmed", content });
  const sealed = { email: "ada@example.org", registrationId: "ada-00001", submittedAt: "2026-03-01T10:00:00.000Z" };
  const url = `/registrations/${receipts.seal({ ...sealed, mailbox: true, language: "en" })}`;
  const headers = { ...html, "accept-language": "de" };
  const { body } = await get(url, headers);
  for (const word of ["You are registered", "Which tour?", "Noon or afternoon", 'href="/event.ics?lang=en"']) {
    t.ok(body.includes(word), word);
  }
  t.match((await get(`${url}/correction`, headers)).body, '<option value="Mittag / Nachmittag" selected>Noon or');
  const wrong = { name: "Ada", "answers.tour": "Vormittag" };
  t.match((await post(`${url}/correction`, wrong, { ...form, "accept-language": "de" })).body, "Tick this box");
  const changed = await post(`${url}/correction`, { ...wrong, "answers.rules": "true" });
  t.equal(changed.statusCode, 303);
  t.match(changes, [{ kind: "correction", language: "en" }]);
  t.match(receipts.open(String(changed.headers.location).slice("/registrations/".length).split("?")[0] ?? ""), {
    language: "en",
  });
});

t.test("programs get errors and the API's description in the language that they accept", async (t) => {
  const { app, get } = await open(t);
  const headers = { "accept-language": "ar", accept: "application/json" };
  const payload = { email: "ada@example.org", name: "Ada", answers: { tour: "Vormittag" } };
  const reply = await app.inject({ method: "POST", url: "/registrations", headers, payload });
  t.match(reply.json(), { errors: [{ pointer: "/answers/rules", detail: "ضع علامة في هذا المربع للمتابعة." }] });
  for (const [language, [, name, label]] of Object.entries(words)) {
    const document = await get("/openapi.json", { "accept-language": language });
    t.equal(document.headers.vary, "Accept-Language");
    t.match(document.json(), { info: { title: `Turnout: ${name}` } });
    t.match(document.body, label);
  }
});

t.test("the calendar file is in the language of its link, and the same event in all of them", async (t) => {
  const { get } = await open(t);
  const files = await Promise.all(["de", "en", "ar"].map((language) => get(`/event.ics?lang=${language}`)));
  const uids = files.map(({ body }) => /UID:(.*)/.exec(body)?.[1]);
  t.equal(new Set(uids).size, 1);
  t.match(files[1]?.body, "SUMMARY:Open day");
  t.match(files[2]?.body, "SUMMARY:يوم الأبواب المفتوحة");
});

t.test("sections, choices and consents are in the language, and the wording that was agreed to is kept", async (t) => {
  const { fields: _fields, translations, ...rest } = structuredClone(translatedFile);
  const event = parseEvent({
    ...rest,
    fields: [
      {
        id: "clubs",
        type: "choices",
        label: "Arbeitsgemeinschaften",
        options: ["Chor", "Schach"],
        section: { title: "Interessen", text: "Was zeigen wir Ihnen?" },
      },
      {
        id: "photos",
        type: "consent",
        label: "Fotos",
        text: "Ich bin einverstanden, dass Fotos gezeigt werden.",
        when: { field: "clubs", is: "Chor" },
      },
    ],
    translations: {
      ar: {
        name: translations.ar.name,
        description: translations.ar.description,
        venue: translations.ar.venue,
        fields: {
          clubs: {
            label: "الأندية",
            section: { title: "الاهتمامات", text: "ماذا نعرض عليكم؟" },
            options: { Chor: "الجوقة", Schach: "الشطرنج" },
          },
          photos: { label: "الصور", text: "أوافق على عرض الصور." },
        },
      },
    },
  });
  const answers = { clubs: ["Chor", "Schach"] };
  const { get, post, queued, receipts } = await open(
    t,
    { status: "confirmed", content: { name: "Ada", answers } },
    event,
  );
  const { body } = await get("/?lang=ar");
  for (const word of ["الاهتمامات", "ماذا نعرض عليكم؟", "أوافق على عرض الصور.", ">الشطرنج</label>", "«الجوقة»"]) {
    t.ok(body.includes(word), word);
  }
  t.notMatch(body, /Interessen|zeigen|einverstanden|>Chor|>Schach/);
  const sent = { email: "ada@example.org", name: "Ada", "answers.clubs": "Chor", "answers.photos": "true" };
  t.equal((await post("/registrations?lang=ar", sent)).statusCode, 303);
  t.match(queued, [{ answers: { clubs: ["Chor"], photos: /^sha256:[0-9a-f]{64} أوافق على عرض الصور\.$/ } }]);
  const sealed = { email: "ada@example.org", registrationId: "ada-00001", submittedAt: "2026-03-01T10:00:00.000Z" };
  const status = await get(`/registrations/${receipts.seal({ ...sealed, mailbox: true, language: "ar" })}`);
  t.match(status.body, "الجوقة\nالشطرنج");

  const { ar } = event.translations ?? {};
  const { text: _, ...withoutText } = ar?.fields?.["photos"] ?? {};
  const half = { ...event, translations: { ar: { ...ar, fields: { ...ar?.fields, photos: withoutText } } } };
  t.throws(() => parseEvent(half), /\/translations\/ar\/fields\/photos\/text is missing/);
});

t.test("a correction keeps the wording of the page on which it was made", async (t) => {
  const known = { status: "confirmed", content: { name: "Ada", answers: {} } } as const;
  const { get, post, receipts, changes } = await open(t, known, widelyTranslatedEvent);
  const sealed = { email: "ada@example.org", registrationId: "ada-00001", submittedAt: "2026-03-01T10:00:00.000Z" };
  const url = `/registrations/${receipts.seal({ ...sealed, mailbox: true, language: "de" })}/correction`;
  const { body } = await get(`${url}?lang=en`);
  t.match(body, "Photos of me may be shown.");
  t.match(body, "Only for those who answer “Clubs” with “Choir”.");
  t.match(body, "Friends of the Harbour School");
  const action = /id="correction" method="post" action="([^"]+)"/.exec(body)?.[1] ?? "";
  t.match(action, /\/correction\?lang=en$/);
  const given = { name: "Ada", "answers.tour": "Vormittag", "answers.rules": "true", "answers.clubs": "Chor" };
  t.equal((await post(action, { ...given, "answers.photos": "true" })).statusCode, 303);
  t.match(changes, [{ answers: { photos: /^sha256:[0-9a-f]{64} Photos of me may be shown\.$/ } }]);
});
