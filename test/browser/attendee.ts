/** An attendee at a browser: what every test of the page does there. */
import { randomUUID } from "node:crypto";
import type { Browser, BrowserContext, BrowserContextOptions, Page, Request } from "playwright-core";
import { eventually } from "../equipment/eventually.ts";

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Every request that the page made, oldest first. */
  readonly requests: Request[];
  /** What went wrong in the page: exceptions, and what the security policy rejected. */
  readonly troubles: string[];
  /** @returns the registrations that were sent */
  posts(): Request[];
}

/** Of everything that is waited for in a page: machines are busy. */
const waitMs = 60_000;
const desktop = { width: 1_280, height: 860 };

/** @returns a visit in a context of its own, English and in London unless told otherwise; to be closed with the browser */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    locale: "en-GB",
    timezoneId: "Europe/London",
    viewport: desktop,
    ...options,
  });
  context.setDefaultTimeout(waitMs);
  const page = await context.newPage();
  const requests: Request[] = [];
  const troubles: string[] = [];
  page.on("request", (request) => requests.push(request));
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => {
    // A rejection by the server is no trouble of the page, but Chromium writes one down.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      troubles.push(message.text());
    }
  });
  await page.goto(url);
  const posts = () => requests.filter((request) => request.method() === "POST");
  return { page, context, requests, troubles, posts };
}

/** @returns an address that nobody else has */
export function newAddress(): string {
  return `ada.${randomUUID()}@example.org`;
}

/** Fills in everything that has to be. @returns the address */
export async function fillIn(page: Page, email = newAddress()): Promise<string> {
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await page.getByLabel("Which days will you come?").selectOption("Both days");
  await page.getByLabel("I accept the code of conduct").check();
  return email;
}

/** The big button. */
export function registerButton(page: Page) {
  return page.locator("button[type=submit]");
}

/** @returns when the heading of the panel reads so and the page is loaded: its script has run by then, but not before */
export async function headingReads(page: Page, text: string): Promise<void> {
  await page.getByRole("heading", { level: 2, name: text, exact: true }).waitFor();
  await page.waitForLoadState();
}

/** @returns whether something sticks out to the side */
export function sticksOut(page: Page): Promise<boolean> {
  return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
}

/**
 * Loads the page again until this holds.
 * @param withinMs default: as `eventually`
 * @throws Error when it does not in time
 */
export async function reloadUntil(
  page: Page,
  holds: () => Promise<boolean>,
  what: string,
  withinMs?: number,
): Promise<void> {
  await eventually(
    async () => {
      if (await holds()) return true;
      await page.reload();
      return false;
    },
    what,
    withinMs,
  );
}

/** @returns when this has the focus: a browser gives it only with the next picture */
export async function hasFocus(page: Page, selector: string): Promise<void> {
  await page.locator(selector).and(page.locator(":focus")).waitFor({ state: "attached" });
}
