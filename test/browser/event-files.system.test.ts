/**
 * The event files of docs/events on the whole local stack, as their attendees and their organisers meet them: from the
 * page to the table, the exports and the mail, in each of their languages, with a script, without one and by keyboard.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import t, { type Test } from "tap";
import { languageTraits, type Language } from "../../shared/page/language.ts";
import { consentRecord } from "../../shared/registration/consent.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { eventIn, languagesOf } from "../../shared/registration/event-translation.ts";
import { messagesIn, type Messages } from "../../web/page/messages.ts";
import { runCommand } from "../equipment/command-run.ts";
import { eventFiles, openNow, type Answers, type EventFile } from "../equipment/event-files.ts";
import { createInbox, linksOf, type InboxMail } from "../equipment/inbox.ts";
import { sized, skipUnlessLong } from "../equipment/run-length.ts";
import { calendarValue, readCalendar } from "../shared/calendar-reader.ts";
import { headingReads, newAddress, registerButton, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { examine } from "./examination.ts";
import { foreignTexts } from "./foreign-texts.ts";
import { fillInAnswers, readAnswers, tabTo, typeAnswers } from "./form-filling.ts";
import { openStage, type Stage } from "./stage.ts";
import { looksAt, themes, type Theme } from "./states.ts";

const locales: Record<Language, string> = { en: "en-GB", de: "de-DE", ar: "ar-EG" };
const names: Record<Language, string> = { en: "Ada O’Brien", de: "Jürgen Groß", ar: "مريم عبد الله" };

const darkPhone: Theme = { name: "dark phone", width: 390, height: 760, colorScheme: "dark" };
let statesExamined = 0;

/** @returns the themes to examine the next state in: both widths and both schemes, in turn; in a long run each with each */
function nextThemes(): readonly Theme[] {
  statesExamined += 1;
  return skipUnlessLong ? looksAt(statesExamined) : [...themes, darkPhone];
}

/** What is said of a wrong answer of each kind, by the id of a field. */
const complaints: Record<Language, Record<string, RegExp>> = {
  en: {
    email: /like name@example\.org/,
    name: /Enter your name/,
    arrival: /date from .*15.* to .*19/,
    workshops: /Choose 2 to 3/,
    dinnerGuests: /whole number from 0 to 3/,
    lunch: /Choose one of the options/,
    mobile: /telephone number like/,
    certificateTo: /like name@example\.org/,
    conduct: /Tick this box to agree/,
    tour: /Choose one of the options/,
    interests: /Choose 1 to 3/,
    adults: /whole number from 1 to 4/,
    children: /whole number from 0 to 6/,
    trialDay: /date from .*9.* to .*13/,
    birthday: /Answer this question/,
    telephone: /telephone number like/,
    care: /Tick this box to agree/,
  },
  de: {
    email: /wie name@example\.org/,
    name: /Geben Sie Ihren Namen ein/,
    arrival: /Datum .*15.* bis .*19/,
    workshops: /Wählen Sie 2 bis 3/,
    dinnerGuests: /ganze Zahl von 0 bis 3/,
    lunch: /Wählen Sie eine der Optionen/,
    mobile: /Geben Sie eine Telefonnummer wie/,
    certificateTo: /wie name@example\.org/,
    conduct: /ohne Zustimmung ist keine Anmeldung möglich/,
    seats: /ganze Zahl von 1 bis 6/,
  },
  ar: {
    email: /name@example\.org/,
    name: /أدخل اسمك/,
    tour: /اختر أحد الخيارات/,
    interests: /اختر من 1 إلى 3/,
    adults: /عددًا صحيحًا من 1 إلى 4/,
    children: /عددًا صحيحًا من 0 إلى 6/,
    trialDay: /أدخل تاريخًا من .*9.* إلى .*13/,
    birthday: /أجب عن هذا السؤال/,
    telephone: /أدخل رقم هاتف/,
    care: /للموافقة/,
  },
};

interface Play {
  readonly file: EventFile;
  readonly stage: Stage;
  readonly browser: Browser;
  readonly language: Language;
  /** In that language. */
  readonly event: EventDefinition;
  readonly text: Messages;
}

async function open({ browser, stage, language }: Play, javaScriptEnabled = true) {
  return visit(browser, stage.openUrl, { locale: locales[language], javaScriptEnabled });
}

/** The state of the page as it should be in every theme, and in one language. */
async function examineState(t: Test, page: Page, { language, file, text }: Play, typed: Answers = {}): Promise<void> {
  const { direction, locale } = languageTraits[language];
  t.equal(await page.locator("html").getAttribute("lang"), locale);
  t.equal(await page.evaluate("getComputedStyle(document.body).direction"), direction);
  const said = Object.values(typed).flatMap((answer) => String(answer).split("\n"));
  t.strictSame(await foreignTexts(page, file.event, language, [names[language], ...said]), [], text("form.title"));
  await examine(t, page, nextThemes());
}

const nameField = (page: Page) => page.locator("#name");
const emailField = (page: Page) => page.locator("#email");

async function fillIn(page: Page, { language, event, file }: Play, email: string): Promise<void> {
  await emailField(page).fill(email);
  await nameField(page).fill(names[language]);
  await fillInAnswers(page, event.fields, file.answers);
}

/** Everything that can be wrong at once: each is told where it is, and nothing that was typed is lost. */
async function triesInVain(t: Test, page: Page, { event, file, language }: Play): Promise<void> {
  await emailField(page).fill("ada.example.org");
  await fillInAnswers(page, event.fields, file.wrong);
  await registerButton(page).click();
  await page.locator("#summary").waitFor();
  for (const [id, complaint] of Object.entries(complaints[language])) {
    const field = event.fields.find((one) => one.id === id);
    if (!field && id !== "email" && id !== "name") continue;
    const error = page.locator(field ? `#answer-${id}-error` : `#${id}-error`);
    t.match(await error.locator(".words").innerText(), complaint, `${id}: its message`);
    const link = page.locator(`#summary a[href="#${field ? `answer-${id}` : id}"]`);
    t.match(await link.innerText(), complaint, `${id}: in the summary`);
  }
  t.equal(await emailField(page).inputValue(), "ada.example.org");
  t.strictSame(await readAnswers(page, event.fields, file.wrong), file.wrong, "what was typed is still there");
}

/** The mail is whole, in its language, and has the event for the calendar. @returns the link in it */
async function confirmationOf(t: Test, { stage, language, event, text }: Play, email: string): Promise<string> {
  const mail: InboxMail = await createInbox(stage.inboxUrl!).mailTo(email);
  const { locale, direction } = languageTraits[language];
  t.ok(mail.subject.includes(event.name));
  t.match(mail.html, `lang="${locale}"`);
  t.equal(/<html[^>]* dir="rtl"/.test(mail.html ?? ""), direction === "rtl");
  for (const part of [mail.text ?? "", mail.html ?? ""]) {
    t.ok(part.includes(text("status.confirmed.title")));
    t.ok(part.includes(event.venue!));
  }
  t.match(mail.attachments, [{ name: "event.ics", type: /text\/calendar/ }]);
  const link = linksOf(mail).find((one) => one.includes("/registrations/"));
  if (link === undefined) throw new Error(`The mail has no link: ${mail.text}`);
  return link;
}

async function withScript(t: Test, play: Play): Promise<void> {
  const { stage, file, event, text } = play;
  const { page, context, troubles } = await open(play);
  await headingReads(page, text("form.title"));
  await examineState(t, page, play);
  await triesInVain(t, page, play);
  await examineState(t, page, play, { ...file.wrong, email: "ada.example.org" });

  const email = newAddress();
  await fillIn(page, play, email);
  await stage.stopWorker();
  await registerButton(page).click();
  await headingReads(page, text("status.pending.title"));
  await examineState(t, page, play, { ...file.answers, email });
  await stage.resumeWorker();
  await headingReads(page, text("status.confirmed.title"));

  const link = await confirmationOf(t, play, email);
  await page.goto(link);
  await headingReads(page, text("status.confirmed.title"));
  await examineState(t, page, play, { ...file.answers, email });
  const shown = await page.locator(".entries").innerText();
  for (const field of event.fields) {
    t.ok(shown.includes(field.label), `${field.id} is shown`);
    if (field.type === "consent") t.ok(shown.includes(field.text.split("\n")[0]!));
  }

  await page.getByRole("link", { name: text("change.correct") }).click();
  await headingReads(page, text("correction.title"));
  t.strictSame(await readAnswers(page, event.fields, file.answers), file.answers, "to be corrected, not typed again");
  await examineState(t, page, play, { ...file.answers, email });
  await nameField(page).fill(`${names[play.language]} 2`);
  await registerButton(page).click();
  await page.getByText(text("received.change.title")).waitFor();
  await page.goto(link);
  while (!(await page.locator(".entries").innerText()).includes(`${names[play.language]} 2`)) {
    await page.reload();
  }

  await page.getByRole("link", { name: text("change.withdraw") }).click();
  await headingReads(page, text("withdrawal.title"));
  await examineState(t, page, play);
  await registerButton(page).click();
  await headingReads(page, text("status.withdrawn.title"));
  await examineState(t, page, play);
  t.strictSame(troubles, []);
  await context.close();
}

/** @returns the address that is registered then */
async function withoutScript(t: Test, play: Play): Promise<string> {
  const { file, text, language } = play;
  const { page, context } = await open(play, false);
  await triesInVain(t, page, play);
  t.strictSame(await foreignTexts(page, file.event, language), []);
  const email = newAddress();
  await fillIn(page, play, email);
  await registerButton(page).click();
  await page.locator("section.status").waitFor();
  await page.waitForURL("**/registrations/*");
  // The page loads itself again until then.
  await headingReads(page, text("status.confirmed.title"));
  await context.close();
  return email;
}

/** From the first Tab on, no pointer. @returns the address that is registered then */
async function byKeyboard(t: Test, play: Play): Promise<string> {
  const { event, file, text, language } = play;
  const { page, context } = await open(play);
  const email = newAddress();
  await tabTo(page, emailField(page));
  await page.keyboard.type(email);
  await tabTo(page, nameField(page));
  await page.keyboard.type(names[language]);
  await typeAnswers(page, event.fields, file.answers);
  t.strictSame(await readAnswers(page, event.fields, file.answers), file.answers);
  await tabTo(page, registerButton(page));
  await page.keyboard.press("Enter");
  await headingReads(page, text("status.confirmed.title"));
  await context.close();
  return email;
}

/** What the organiser reads of somebody. */
async function readBack(t: Test, { stage, event, file, language }: Play, email: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "turnout-export-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { commandEnvironment: env } = stage;
  const kept = Object.fromEntries(
    Object.entries(file.answers).map(([id, answer]) => {
      const field = event.fields.find((one) => one.id === id);
      return [id, field?.type === "consent" ? consentRecord(field.text) : answer];
    }),
  );

  const found = (await runCommand(["registrations", "find", email, "--json"], { env })).json();
  t.match(found, { registration: { email, name: names[language], answers: kept } });
  const line = ["registrations", "find", email, "--event", file.path, "--wording"];
  const words = (await runCommand(line, { env })).stdout;
  for (const field of eventIn(file.event, "en").fields) {
    t.ok(words.includes(field.label), `find shows ${field.id}`);
    // In the language in which it was agreed to.
    const agreed = event.fields.find(({ id }) => id === field.id);
    if (agreed?.type === "consent") t.ok(words.includes(agreed.text));
  }

  const exported = async (format: string) => {
    const path = join(folder, `all.${format}`);
    const exporting = ["registrations", "export", "--event", file.path, "--format", format, "--out", path];
    const { code, stderr } = await runCommand(exporting, { env });
    t.equal(code, 0, stderr);
    return readFileSync(path, "utf8");
  };
  const rows = (await exported("jsonl"))
    .trimEnd()
    .split("\n")
    .map((row) => JSON.parse(row) as { email: string });
  t.match(
    rows.find((row) => row.email === email),
    { name: names[language], answers: kept },
  );
  const csv = await exported("csv");
  t.ok(csv.split("\r\n", 1)[0]?.includes(event.fields.map(({ id }) => `"${id}"`).join(",")));
  for (const answer of Object.values(kept)) {
    const cell = Array.isArray(answer) ? answer.join("; ") : String(answer);
    t.ok(csv.includes(cell.replaceAll('"', '""')), `the CSV file has ${cell}`);
  }
}

async function documents(t: Test, { stage, event, language }: Play): Promise<void> {
  const headers = { "accept-language": language };
  const calendar = await (await fetch(`${stage.openUrl}/event.ics?lang=${language}`)).text();
  t.equal(calendarValue(readCalendar(calendar), "SUMMARY"), event.name);
  t.equal(calendarValue(readCalendar(calendar), "LOCATION"), event.venue);
  const openapi = await (await fetch(`${stage.openUrl}/openapi.json`, { headers })).text();
  for (const { id } of event.fields) t.ok(openapi.includes(`"${id}":{`), `the OpenAPI document names ${id}`);
}

t.test("the event files of docs/events", { skip, timeout: 600_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());

  const manners = [
    ["with a script", withScript],
    ["without a script, and read back", async (t: Test, play: Play) => readBack(t, play, await withoutScript(t, play))],
    ["by keyboard, and read back", async (t: Test, play: Play) => readBack(t, play, await byKeyboard(t, play))],
  ] as const;
  let turn = 0;
  for (const file of eventFiles) {
    await t.test(file.name, async (t) => {
      const event = openNow(file);
      const stage = await openStage({ mail: true, event, ...(file.logo !== undefined && { logo: file.logo }) });
      t.teardown(() => stage.close());
      for (const language of languagesOf(file.event)) {
        await t.test(language, async (t) => {
          const play = {
            file,
            stage,
            browser,
            language,
            event: eventIn(file.event, language),
            text: messagesIn(language),
          };
          // In a usual run each language in one manner, in turn; in a long one in all of them.
          const inTurn = manners.slice(turn % manners.length).slice(0, 1);
          turn += 1;
          for (const [name, run] of sized(inTurn, [...manners])) await t.test(name, (t) => run(t, play));
          await t.test("documents", (t) => documents(t, play));
        });
      }
    });
  }
});

t.test("a sentence of another language is found", { skip, timeout: 60_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  const { event } = eventFiles.find(({ name }) => name === "open-day")!;
  const show = (words: string) =>
    page.setContent(`<html lang="ar" dir="rtl"><title>اليوم المفتوح</title><p>${words}</p></html>`);
  for (const words of ["This was never translated.", "Please choose", "Anmelden"]) {
    await show(words);
    t.strictSame(await foreignTexts(page, event, "ar"), [words]);
  }
  await show("أدخل عنوانًا مثل name@example.org.");
  t.strictSame(await foreignTexts(page, event, "ar"), []);
});
