/** Every state that an attendee can see the page in, and how a browser comes to see it. */
import type { Browser, Page } from "playwright-core";
import { fillIn, headingReads, registerButton, visit } from "./attendee.ts";
import { skipUnlessLong } from "../equipment/run-length.ts";
import { summit, type Stage } from "./stage.ts";

export interface State {
  readonly name: string;
  /** @param visit called while the page is in this state; it is left afterwards */
  show(browser: Browser, stage: Stage, theme: (page: Page) => Promise<void>): Promise<void>;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const email = "ada.lovelace@example.org";

function atPage(urlOf: (stage: Stage) => string | Promise<string>, act: (page: Page) => Promise<void>): State["show"] {
  return async (browser, stage, theme) => {
    const { page, context } = await visit(browser, await urlOf(stage));
    await act(page);
    await theme(page);
    await context.close();
  };
}

/** Milliseconds. */
function untilTheHour(): number {
  return hourMs - (Date.now() % hourMs);
}

async function send(page: Page): Promise<void> {
  await fillIn(page, email);
  await registerButton(page).click();
}

async function sent(page: Page): Promise<void> {
  await fillIn(page);
  await registerButton(page).click();
  await headingReads(page, "We have your registration");
}

export const states: readonly State[] = [
  {
    name: "before",
    show: atPage(
      (stage) => stage.addEvent(summit(2 * dayMs + untilTheHour())),
      (page) => page.locator(".clock").waitFor(),
    ),
  },
  {
    name: "open",
    show: atPage(
      ({ openUrl }) => openUrl,
      (page) => headingReads(page, "Register"),
    ),
  },
  {
    name: "field-errors",
    show: atPage(
      ({ openUrl }) => openUrl,
      async (page) => {
        await page.getByLabel("Email address").fill("ada@example");
        await page.getByLabel("Guests you bring along").fill("7");
        await registerButton(page).click();
        await page.locator("#summary").waitFor();
      },
    ),
  },
  {
    name: "submitting",
    show: atPage(
      ({ openUrl }) => openUrl,
      async (page) => {
        // Held on its way out, so that this state lasts while it is examined.
        await page.route("**/registrations", () => undefined);
        await send(page);
        await page.locator("form[aria-busy=true]").waitFor();
      },
    ),
  },
  {
    name: "busy-retrying",
    async show(browser, stage, theme) {
      const { page, context } = await visit(browser, stage.openUrl);
      stage.stopQueue();
      try {
        await send(page);
        await page.locator("#wait[data-shown=busy] .next").waitFor();
        await theme(page);
      } finally {
        stage.resumeQueue();
      }
      await context.close();
    },
  },
  {
    name: "pending",
    async show(browser, stage, theme) {
      await stage.stopWorker();
      const { page, context } = await visit(browser, stage.openUrl);
      await sent(page);
      await page.locator("[data-row=received]").waitFor();
      await theme(page);
      await context.close();
    },
  },
  {
    name: "needs-attention",
    async show(browser, stage, theme) {
      await stage.stopWorker();
      const { page, context } = await visit(browser, stage.openUrl);
      await sent(page);
      await stage.deadLetterWhatWaits();
      await stage.resumeWorker();
      await page.locator("[data-status=needs-attention]").waitFor();
      await theme(page);
      await context.close();
    },
  },
  {
    name: "confirmed",
    async show(browser, stage, theme) {
      await stage.resumeWorker();
      const { page, context } = await visit(browser, stage.openUrl);
      await sent(page);
      await headingReads(page, "You are registered");
      await theme(page);
      await context.close();
    },
  },
  {
    name: "status-link",
    async show(browser, stage, theme) {
      await stage.resumeWorker();
      const { page, context } = await visit(browser, stage.openUrl);
      await sent(page);
      await headingReads(page, "You are registered");
      await page.reload();
      await theme(page);
      await context.close();
    },
  },
  {
    name: "unknown-link",
    show: atPage(
      ({ openUrl }) => `${openUrl}/registrations/unknown`,
      (page) => headingReads(page, "No registration was found for this link"),
    ),
  },
  {
    name: "closed",
    show: atPage(
      (stage) => stage.addEvent(summit(-2 * dayMs, dayMs)),
      (page) => headingReads(page, "Registration is closed"),
    ),
  },
];

export interface Theme {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
}

export const themes: readonly Theme[] = [
  { name: "desktop", width: 1_120, height: 760, colorScheme: "light" },
  { name: "phone", width: 390, height: 760, colorScheme: "light" },
  { name: "dark", width: 1_120, height: 760, colorScheme: "dark" },
];

/** Both widths and both schemes, once each: what a rule of accessibility can depend on. */
const contrastingThemes = themes.filter(({ name }) => name !== "desktop");

/** @returns the themes to examine a state in, by its place among all: in turn, or every one in a long run */
export function looksAt(index: number): readonly Theme[] {
  return skipUnlessLong ? [contrastingThemes[index % contrastingThemes.length]!] : contrastingThemes;
}

/** Puts the page into this theme, and waits until nothing moves any more. */
export async function dress(page: Page, { width, height, colorScheme }: Theme): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))");
}
