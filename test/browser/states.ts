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

async function sent(page: Page, address?: string): Promise<void> {
  await fillIn(page, address);
  await registerButton(page).click();
  await headingReads(page, "We have your registration");
}

/** A state that is reached from the status of a confirmed registration. */
function registered(name: string, act: (page: Page, stage: Stage) => Promise<void>): State {
  return {
    name,
    async show(browser, stage, theme) {
      await stage.resumeWorker();
      const { page, context } = await visit(browser, stage.openUrl);
      // The page may show it: one of its own, but the same in every picture.
      await sent(page, `ada.lovelace@${name}.example.org`);
      await headingReads(page, "You are registered");
      await act(page, stage);
      await theme(page);
      await context.close();
    },
  };
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
  registered("status-mailed", async (page, stage) => {
    await page.goto(stage.asMailed(page.url()));
    await page.getByText("Ada Lovelace").waitFor();
  }),
  registered("correction-empty", async (page) => {
    // As in another browser: here it would begin with what was sent.
    await page.evaluate("localStorage.clear()");
    await page.getByRole("link", { name: "Correct your entries" }).click();
    await headingReads(page, "Correct your registration");
  }),
  registered("correction-filled-in", async (page, stage) => {
    await page.goto(`${stage.asMailed(page.url())}/correction`);
    await headingReads(page, "Correct your registration");
  }),
  registered("correction-errors", async (page) => {
    await page.goto(`${page.url()}/correction`);
    await page.getByLabel("Guests you bring along").fill("7");
    await registerButton(page).click();
    await page.locator("#summary").waitFor();
  }),
  registered("correction-received", async (page) => {
    await page.goto(`${page.url()}/correction`);
    await page.getByLabel("Name", { exact: true }).fill("Ada King");
    await page.getByLabel("I accept the code of conduct").check();
    await registerButton(page).click();
    await page.getByText("We have received your change").waitFor();
  }),
  registered("withdrawal-question", async (page) => {
    await page.getByRole("link", { name: "Withdraw your registration" }).click();
    await headingReads(page, "Withdraw your registration?");
  }),
  registered("withdrawal-received", async (page, stage) => {
    await stage.stopWorker();
    await page.goto(`${page.url()}/withdrawal`);
    await registerButton(page).click();
    await page.getByText("We have received your withdrawal").waitFor();
  }),
  registered("withdrawn", async (page) => {
    await page.goto(`${page.url()}/withdrawal`);
    await registerButton(page).click();
    await headingReads(page, "Your registration has been withdrawn");
  }),
  {
    name: "lost-link",
    show: atPage(
      async (stage) => `${await stage.mailingUrl()}/lost-link`,
      (page) => headingReads(page, "Lost your link?"),
    ),
  },
  {
    name: "link-requested",
    show: atPage(
      async (stage) => `${await stage.mailingUrl()}/lost-link`,
      async (page) => {
        await page.getByLabel("Email address").fill(email);
        await registerButton(page).click();
        await headingReads(page, "Check your mailbox");
      },
    ),
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
  await page.evaluate("Promise.allSettled(document.getAnimations().map((animation) => animation.finished))");
}
