/**
 * Writes pictures of the event files of docs/events, their pages and their mails, in each of their languages, to
 * docs/screenshots/events/: `node test/browser/event-screenshots.ts`. For people to review.
 *
 * `--all FOLDER` writes every state in every theme to another folder.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { languageTraits } from "../../shared/page/language.ts";
import { eventIn, languagesOf } from "../../shared/registration/event-translation.ts";
import { messagesIn } from "../../web/page/messages.ts";
import { eventFiles, openNow, type EventFile } from "../equipment/event-files.ts";
import { createInbox, linksOf } from "../equipment/inbox.ts";
import { headingReads, registerButton, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { fillInAnswers } from "./form-filling.ts";
import { toPalettePng } from "./palette-png.ts";
import { openStage } from "./stage.ts";
import { dress, themes, type Theme } from "./states.ts";

const { values } = parseArgs({ options: { all: { type: "string" } } });
const folder = values.all ?? join(import.meta.dirname, "..", "..", "docs", "screenshots", "events");

/** What is kept in the repository: everything on the phone, and the form on the desktop and in the dark. */
function isKept(state: string, theme: Theme): boolean {
  if (values.all !== undefined) return true;
  if (state === "open") return true;
  return theme.name === "phone" && ["errors", "mailed", "mail"].includes(state);
}

let count = 0;
let bytes = 0;

async function take(page: Page, name: string, state: string): Promise<void> {
  for (const theme of themes.filter((one) => isKept(state, one))) {
    await dress(page, theme);
    const png = toPalettePng(await page.screenshot({ fullPage: true }));
    writeFileSync(join(folder, `${name}-${state}-${theme.name}.png`), png);
    count += 1;
    bytes += png.length;
  }
}

const people = { en: "Ada O’Brien", de: "Jürgen Groß", ar: "مريم عبد الله" } as const;

async function takeAll(browser: Browser, file: EventFile): Promise<void> {
  const options = { mail: true, event: openNow(file), ...(file.logo !== undefined && { logo: file.logo }) };
  const stage = await openStage(options);
  try {
    for (const language of languagesOf(file.event)) {
      const name = `${file.name}-${language}`;
      const text = messagesIn(language);
      const { fields } = eventIn(file.event, language);
      const { page, context } = await visit(browser, stage.openUrl, { locale: languageTraits[language].locale });
      await headingReads(page, text("form.title"));
      await take(page, name, "open");
      await page.locator("#email").fill("ada.example.org");
      await fillInAnswers(page, fields, file.wrong);
      await registerButton(page).click();
      await page.locator("#summary").waitFor();
      await take(page, name, "errors");
      const email = `${name}@example.org`;
      await page.locator("#email").fill(email);
      await page.locator("#name").fill(people[language]);
      await fillInAnswers(page, fields, file.answers);
      await take(page, name, "filled-in");
      await stage.stopWorker();
      await registerButton(page).click();
      await headingReads(page, text("status.pending.title"));
      await take(page, name, "pending");
      await stage.resumeWorker();
      await headingReads(page, text("status.confirmed.title"));
      await take(page, name, "confirmed");
      const mail = await createInbox(stage.inboxUrl!).mailTo(email);
      const link = linksOf(mail).find((one) => one.includes("/registrations/"))!;
      await page.goto(`${stage.inboxUrl}/mails/${mail.id}/html`);
      await take(page, name, "mail");
      await page.goto(link);
      await headingReads(page, text("status.confirmed.title"));
      await take(page, name, "mailed");
      for (const change of ["correction", "withdrawal"] as const) {
        await page.goto(`${link}/${change}`);
        await headingReads(page, text(`${change}.title`));
        await take(page, name, change);
      }
      await registerButton(page).click();
      await headingReads(page, text("status.withdrawn.title"));
      await take(page, name, "withdrawn");
      await context.close();
    }
  } finally {
    await stage.close();
  }
}

if (skip) throw new Error(skip);
mkdirSync(folder, { recursive: true });
const browser = await openChromium();
try {
  for (const file of eventFiles) await takeAll(browser, file);
  console.log(`${count} pictures, ${Math.ceil(bytes / 1_024)} KiB, in ${folder}`);
} finally {
  await browser.close();
}
