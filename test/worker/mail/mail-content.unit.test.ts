import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { mailKinds } from "../../../shared/mail/mail-pack.ts";
import { palettesOf, plainPalettes } from "../../../shared/page/accent.ts";
import { languages } from "../../../shared/page/language.ts";
import { calendarFile } from "../../../shared/registration/calendar-file.ts";
import { loadEvent, parseEvent, type EventDefinition } from "../../../shared/registration/event-definition.ts";
import { createReceipts, parseReceiptKeys } from "../../../shared/registration/receipts.ts";
import { createMailContent, type MailContent } from "../../../worker/mail/mail-content.ts";
import de from "../../../worker/mail/messages/de.json" with { type: "json" };
import en from "../../../worker/mail/messages/en.json" with { type: "json" };
import { translatedEvent, widelyTranslatedEvent } from "../../equipment/translated-event.ts";
import { calendarValue, readCalendar } from "../../shared/calendar-reader.ts";
import { legalCharacter } from "../../shared/legal-text.ts";

type MessageKey = keyof typeof en;
const keys = Object.keys(en) as MessageKey[];

const root = join(import.meta.dirname, "../../..");
const publicUrl = "https://summit.example.org";
const event = parseEvent({
  name: "Summit of the North",
  description: "Two days.",
  opensAt: "2026-03-01T09:00:00+01:00",
  closesAt: "2026-04-01T18:00:00+02:00",
  startsAt: "2026-06-05T09:00:00+02:00",
  endsAt: "2026-06-06T17:00:00+02:00",
  venue: "Harbour Hall, Kiel",
  timeZone: "Europe/Berlin",
  fields: [],
});
const { startsAt: _startsAt, endsAt: _endsAt, venue: _venue, ...undated } = event;

const receipts = createReceipts(parseReceiptKeys(`k:${Buffer.alloc(32, 7).toString("base64")}`));
const receipt = receipts.seal({
  email: "ada@example.org",
  registrationId: "0123456789abcdef",
  submittedAt: "2026-03-01T10:00:00.000Z",
});
const reference = "W7K3-M9XA";
const link = `${publicUrl}/registrations/${receipt}`;

/** Substitutes as SES does: whatever stands between two pairs of braces is a name, and nothing is escaped. */
function filled(template: string): string {
  return template.replace(/\{\{(.*?)\}\}/gs, (variable, name: string) => {
    if (name === "reference") return reference;
    if (name !== "link") throw new Error(`SES has nothing for ${variable}`);
    return link;
  });
}

function everyContent(definition: EventDefinition = event): MailContent[] {
  const { contentOf } = createMailContent({ event: definition, publicUrl });
  return mailKinds.flatMap((kind) => languages.map((language) => contentOf(kind, language)));
}

/** What a mail program shows of HTML without its styles. */
function visibleText(html: string): string {
  return html
    .replace(/<style>.*?<\/style>|<!--.*?-->|<title>.*?<\/title>/gs, "")
    .replace(/<[^>]+>/g, "")
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

t.test("every mail has its link once in the text, on a line of its own, and once in the HTML", async (t) => {
  for (const { subject, text, html } of everyContent()) {
    t.equal(filled(subject), subject, "none in the subject");
    t.equal(
      filled(text)
        .split("\n")
        .filter((line) => line === link).length,
      1,
      subject,
    );
    t.equal(filled(text).split(link).length, 2);
    t.ok(filled(html).includes(`href="${link}"`));
    t.equal(filled(html).split(link).length, 2);
  }
});

t.test("text and HTML say the same, each of it", async (t) => {
  for (const { text, html } of everyContent()) {
    const shown = visibleText(html).replace(/\s+/g, " ");
    const [body = "", footer = ""] = text.split("\n-- \n");
    const said = [...body.replace("{{link}}", "").split("\n"), ...footer.split("\n")].filter(
      (line) => line.trim() !== "",
    );
    for (const line of said)
      t.ok(shown.includes(line.replace(/^(When|Where|Wann|Wo|الموعد|المكان): /, "").replace(/\s+/g, " ")), line);
  }
});

t.test("a confirmation says when on the event's clock, with its zone, and where", async (t) => {
  const { contentOf } = createMailContent({ event, publicUrl });
  const english = contentOf("confirmed", "en");
  t.match(english.text, /^When: Friday,? 5 June 2026.*09:00.*6 June 2026.*17:00 \(Central European Summer Time\)$/m);
  t.match(english.text, /^Where: Harbour Hall, Kiel$/m);
  const german = contentOf("confirmed", "de");
  t.match(german.text, /^Wann: Freitag, 5. Juni 2026.*09:00.*17:00 \(Mitteleuropäische Sommerzeit\)$/m);
  t.match(german.html, '<html lang="de-DE" dir="ltr">');
});

t.test("every mail has the reference of its registration once in the text and once in the HTML", async (t) => {
  for (const { subject, text, html } of everyContent()) {
    t.equal(filled(text).split(reference).length, 2, subject);
    t.equal(filled(html).split(reference).length, 2);
    t.notMatch(filled(subject), reference);
  }
  const { contentOf } = createMailContent({ event, publicUrl });
  t.match(filled(contentOf("confirmed", "en").text), `Reference to quote at the entrance: ${reference}\n`);
});

t.test("says where an online event is, who organises it, and where to find what has to be found", async (t) => {
  const { venue: _, ...nowhere } = event;
  const site = "https://summit.example.org";
  const told = parseEvent({
    ...nowhere,
    online: true,
    venueUrl: `${site}/room?a=1&b=2`,
    organiser: { name: "Summit {{link}} & Friends", email: "hello@summit.example.org", url: site },
    links: { conduct: `${site}/conduct`, privacy: `${site}/privacy` },
  });
  for (const { text, html } of everyContent(told)) {
    const plain = filled(text).replaceAll(/[\u2060\u2068\u2069]/g, "");
    t.match(plain, `${site}/room?a=1&b=2\n`);
    t.match(plain, "Summit {{link}} & Friends\nhello@summit.example.org\nhttps://summit.example.org\n");
    t.ok(plain.endsWith(`${site}/conduct\n`));
    t.match(html, `href="${site}/room?a=1&#38;b=2"`);
    t.match(html, 'href="mailto:hello@summit.example.org"');
    t.match(html, `href="${site}/privacy"`);
    t.match(visibleText(filled(html)), "Summit {{link}} & Friends");
    t.equal(filled(text).split(link).length, 2);
  }
  t.match(
    everyContent(told)
      .map(({ text }) => text)
      .join(),
    /Where: Online\n.*Wo: Online-Veranstaltung\n/s,
  );
  t.notMatch(
    everyContent()
      .map(({ text, html }) => text + html)
      .join(),
    /Organised by|Privacy notice|Datenschutz/,
  );
});

t.test("has the event's accent in both colour schemes, and without one the colours of the page", async (t) => {
  const accented = palettesOf({ accent: "#7a1f5c" });
  for (const { html } of everyContent({ ...event, accent: "#7a1f5c" })) {
    for (const { accent, tint } of Object.values(accented)) t.ok(html.includes(accent) && html.includes(tint));
    for (const { accent } of Object.values(plainPalettes)) t.notOk(html.includes(accent));
  }
  for (const { html } of everyContent()) {
    for (const { accent, onAccent } of Object.values(plainPalettes))
      t.ok(html.includes(accent) && html.includes(onAccent));
  }
});

t.test("an event without time and place has mails all the same, with neither a gap nor a file", async (t) => {
  for (const { text, html, attachments } of everyContent(undated)) {
    t.notMatch(text, /When|Where|Wann|Wo:|\n\n\n|undefined/);
    t.notMatch(html, /class="event"|undefined/);
    t.strictSame(attachments, []);
    t.notMatch(text, en["confirmed.calendar"]);
    t.notMatch(text, de["confirmed.calendar"]);
  }
});

t.test("only a confirmation brings the calendar file, as the page offers it", async (t) => {
  const { contentOf } = createMailContent({ event, publicUrl });
  for (const language of languages) {
    const [attachment, ...more] = contentOf("confirmed", language).attachments;
    t.strictSame(more, []);
    t.match(attachment, { fileName: "event.ics", contentType: "text/calendar; charset=utf-8; method=PUBLISH" });
    const file = Buffer.from(attachment?.bytes ?? []).toString();
    t.equal(file, calendarFile(event, publicUrl));
    t.equal(calendarValue(readCalendar(file), "SUMMARY"), event.name);
    for (const kind of ["already-registered", "link"] as const) {
      t.strictSame(contentOf(kind, language).attachments, [], kind);
    }
  }
});

t.test("every mail says that a machine sent it", async (t) => {
  for (const { headers } of everyContent()) {
    t.strictSame(headers, [{ name: "Auto-Submitted", value: "auto-generated" }]);
  }
});

t.test("an unknown language is written to in English, a regional one in its language", async (t) => {
  const { contentOf } = createMailContent({ event, publicUrl });
  const english = contentOf("link", "en");
  for (const language of [undefined, "fr", "fr-CH"]) t.equal(contentOf("link", language), english, String(language));
  t.equal(contentOf("link", "de-AT"), contentOf("link", "de"));
  t.not(contentOf("link", "de").subject, english.subject);
});

t.test("texts with braces, tags and entities come out as they are written, and begin no variable", async (t) => {
  const name = "{{name}} {{{raw}}} {{#if a}} \\{{b}} }} <b>&amp; 'c' \"d\"";
  const readable = (text: string) => text.replaceAll("\u2060", "");
  for (const { subject, text, html } of everyContent({ ...event, name, venue: "{{link}} <i>" })) {
    t.ok(readable(filled(subject)).includes(name), subject);
    t.ok(readable(filled(text)).includes(name));
    t.ok(visibleText(filled(html)).includes(name));
    t.notMatch(html, /<b>|<i>|\{\{(?!(?:link|reference)\}\})/);
    t.equal(filled(text).split(link).length, 2, "a place that is called like the variable is not one");
  }
});

t.test("no text of an organiser disturbs the template", async () => {
  const anyLine = fc
    .string({ unit: fc.oneof(legalCharacter, fc.constantFrom("{", "}", "<", "&", "\\", "$")), maxLength: 60 })
    .map((text) => `A${text.replace(/[\t\n\r\u2028\u2029\u2060]/g, "")}`);
  fc.assert(
    fc.property(anyLine, anyLine, (name, venue) =>
      everyContent({ ...event, name, venue }).every(({ subject, text, html }) => {
        const plain = filled(text).replaceAll("\u2060", "");
        const places = [subject.replaceAll("\u2060", ""), plain, visibleText(filled(html))];
        return (
          places.every((place) => place.includes(name)) &&
          plain.includes(`: ${venue}\n`) &&
          filled(text).split(link).length === 2
        );
      }),
    ),
    { numRuns: 50 },
  );
});

t.test("loads nothing from anywhere, runs nothing, and is small enough for every mail program", async (t) => {
  for (const { html } of everyContent(loadEvent(join(root, "event.json")))) {
    t.notMatch(html, /<img|<script|<link|<iframe|@import|url\(|src=|http:|https:/);
    t.ok(Buffer.byteLength(html) < 20_000, "Gmail cuts a mail at 102 kB");
    t.match(html, /max-width: 600px/);
    t.match(html, /prefers-color-scheme: dark/);
  }
});

t.test("says the same things in every language, and leaves no message empty or untranslated", async (t) => {
  const slots = (message: string) => [...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").toSorted();
  t.strictSame(Object.keys(de), Object.keys(en));
  for (const key of keys) {
    t.strictSame(slots(de[key]), slots(en[key]), key);
    t.ok(en[key].trim() && de[key].trim(), key);
    t.not(de[key], en[key], key);
  }
});

t.test("keeps no message that nobody is sent", async (t) => {
  const source = readFileSync(join(root, "worker/mail/mail-content.ts"), "utf8");
  const composed = new RegExp(String.raw`^(?:${mailKinds.join("|")})\.(?:subject|title|intro|link|mistake)$`);
  for (const key of keys) t.ok(composed.test(key) || source.includes(`text("${key}"`), key);
});

t.test(
  "a translated event's mails are in the language of the registration as a whole, its default otherwise",
  async (t) => {
    const { contentOf } = createMailContent({ event: translatedEvent, publicUrl });
    const english = contentOf("confirmed", "en");
    t.match(english.subject, "Open day");
    t.match(english.text, "Harbour School, Kiel");
    t.notMatch(english.text, /Tag der offenen Tür|Schule am Hafen/);
    for (const language of [undefined, "fr", "de"]) t.match(contentOf("confirmed", language).subject, "bestätigt");
    const files = ["de", "en", "ar"].map((language) => {
      const [attachment] = contentOf("confirmed", language).attachments;
      return readCalendar(Buffer.from(attachment?.bytes ?? []).toString());
    });
    t.strictSame(
      files.map((file) => calendarValue(file, "SUMMARY")),
      ["Tag der offenen Tür", "Open day", "يوم الأبواب المفتوحة"],
    );
    t.equal(new Set(files.map((file) => calendarValue(file, "UID"))).size, 1, "the same event in every calendar");
  },
);

t.test("it names the organiser in the language of the mail", async (t) => {
  const { contentOf } = createMailContent({ event: widelyTranslatedEvent, publicUrl });
  for (const { text, html } of [contentOf("confirmed", "en")]) {
    for (const part of [text, html]) t.match(part, "Friends of the Harbour School");
    for (const part of [text, html]) t.notMatch(part, "Förderverein");
  }
  t.match(contentOf("confirmed", "de").text, "Förderverein der Schule am Hafen");
});

t.test("an Arabic mail is written from right to left, every other one as ever", async (t) => {
  const { contentOf } = createMailContent({ event: translatedEvent, publicUrl });
  for (const kind of mailKinds) {
    t.match(contentOf(kind, "ar").html, '<html lang="ar" dir="rtl">');
    t.match(contentOf(kind, "ar").html, 'role="main" lang="ar" dir="rtl"');
    t.notMatch(contentOf(kind, "de").html, 'dir="rtl"');
  }
});

t.test(
  "what is written in the other direction keeps to itself: names, links, addresses and the reference",
  async (t) => {
    const isolates = /[\u2068\u2069]/;
    const named = (name: string) =>
      parseEvent({
        ...event,
        name,
        organiser: { name: "School (North)", email: "office@school.example.org", url: "https://school.example.org/" },
        links: { privacy: "https://school.example.org/privacy/" },
      });
    const content = (name: string, language: string) =>
      createMailContent({ event: named(name), publicUrl }).contentOf("confirmed", language);
    const arabic = content("Summit (2026)", "ar");
    for (const part of [arabic.text, arabic.html]) {
      t.match(part, "«\u2068Summit (2026)\u2069»");
      t.match(part, "\u2068School (North)\u2069");
    }
    t.match(
      filled(arabic.text),
      new RegExp(`:\n${reference}\n`),
      "alone on its line: no Arabic letter turns its digits",
    );
    t.match(arabic.text, /:\nhttps:\/\/school\.example\.org\/privacy\/\n$/);
    for (const [anchor] of arabic.html.matchAll(/<a class="(?:soft|link)"[^>]*>/g)) t.match(anchor, 'dir="ltr"');
    t.match(arabic.html, /<strong dir="ltr"[^>]*>\{\{reference\}\}<\/strong>/);
    t.equal([...arabic.html.matchAll(/<(?:body|table|td)\b(?![^>]*dir="rtl")/g)].length, 0, "tables of Outlook, too");

    const english = content("بيت الحكمة (2026)", "en");
    t.match(english.text, "\u2068بيت الحكمة (2026)\u2069");
    const plain = content("Summit (2026)", "en");
    for (const part of [plain.text, plain.html]) t.notMatch(part, isolates, "control: nothing where nothing is mixed");
    for (const { subject } of [arabic, english, plain]) t.notMatch(subject, isolates);
  },
);
