/** What an operator can see the console show, in an order in which one stack can show it all. */
import type { Browser, Page } from "playwright-core";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { reloadUntil, visit } from "./attendee.ts";
import { invalidEntry, type ConsoleStage } from "./console-stage.ts";

export interface ConsoleState {
  readonly name: string;
  /** @param examine called while the console shows it */
  show(browser: Browser, stage: ConsoleStage, examine: (page: Page) => Promise<void>): Promise<void>;
}

const waitOptions = { timeout: 30_000 };

/** Opens a page of the console, acts there and runs the check there. */
function at(path: string, act: (page: Page, stage: ConsoleStage) => Promise<void>): ConsoleState["show"] {
  return async (browser, stage, examine) => {
    const { page, context } = await visit(browser, stage.consoleUrl + path);
    await act(page, stage);
    await examine(page);
    await context.close();
  };
}

const headline = (page: Page, text: string) =>
  page.locator("[data-live=headline] h2").filter({ hasText: text }).waitFor(waitOptions);

const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { name }).first().waitFor(waitOptions);

/** Loads the page again until it shows this. */
function untilShown(page: Page, selector: string): Promise<void> {
  const holds = async () => (await page.locator(selector).count()) > 0;
  return reloadUntil(page, holds, `${page.url()} shows ${selector}`, waitOptions.timeout);
}

const openRecord = "/dead-letters?reason=invalid-registration&state=open";

const typos = "/dead-letters?reason=invalid-registration";

async function openManyEdit(page: Page): Promise<void> {
  await page.getByLabel(/^All .* open ones/).check();
  await page.getByRole("button", { name: "Edit …" }).click();
  await heading(page, "Change a field of many");
}

async function checkTypos(page: Page): Promise<void> {
  await page.getByLabel("Field", { exact: true }).fill("email");
  await page.getByLabel("This part").fill("@example");
  await page.getByLabel("By this").fill("@example.org");
  await page.getByRole("button", { name: /^Check / }).click();
  await page.getByRole("heading", { name: /^Checked: / }).waitFor({ timeout: 120_000 });
}

async function openFirst(page: Page): Promise<void> {
  await page.locator("table.letters th a").first().click();
  await heading(page, "Edit");
}

export const consoleStates: readonly ConsoleState[] = [
  { name: "dead-letters-none", show: at("/dead-letters", (page) => heading(page, "Dead letters")) },
  {
    name: "overview-spike",
    show: at("/", async (page, stage) => {
      // Some traffic before, so that the charts have something to tell.
      await page.locator("[data-chart=waiting] canvas").waitFor(waitOptions);
      await stage.register(150);
      await headline(page, "All is well");
      stage.stack.kill("worker", "SIGSTOP");
      await stage.register(400);
      await page.locator("#figure-waiting b").filter({ hasText: "≈" }).waitFor(waitOptions);
      await headline(page, "The worker does not answer");
    }),
  },
  {
    name: "overview-well",
    show: at("/", async (page, stage) => {
      stage.stack.kill("worker", "SIGCONT");
      await headline(page, "All is well");
      await page.locator("[data-chart=waiting] canvas").waitFor(waitOptions);
    }),
  },
  {
    name: "overview-dead-letters",
    show: at("/", async (page, stage) => {
      for (const name of ["Grace Hopper", "Mary Jackson", "Katherine Johnson"]) await stage.sendInvalid({ name });
      await stage.sendDead(
        encodePack([{ ...invalidEntry(), email: "annie@example.org", answers: {} } as never]),
        "crash-loop",
        "received again and again, and never finished: the worker may have crashed",
      );
      await stage.sendDead('{"v":1,"registrations":[{"id":"cut', "malformed", "the message body is not JSON");
      await headline(page, "5 registrations need attention");
      await page.locator("[data-chart=waiting] canvas").waitFor(waitOptions);
    }),
  },
  {
    name: "dead-letters",
    show: at("/dead-letters", (page) => untilShown(page, "table.letters tbody tr:nth-child(5)")),
  },
  { name: "dead-letter", show: at(openRecord, openFirst) },
  {
    name: "edit-rejected",
    show: at(openRecord, async (page) => {
      await openFirst(page);
      await page.getByLabel("Guests you bring along").fill("many");
      await page.getByRole("button", { name: "Check changes" }).click();
      await page.getByRole("alert").waitFor();
    }),
  },
  {
    name: "edit-checked",
    show: at(openRecord, async (page) => {
      await openFirst(page);
      await page.getByLabel("Email address").fill("grace.hopper@example.org");
      await page.getByLabel("Why").first().fill("asked by phone");
      await page.getByRole("button", { name: "Check changes" }).click();
      await heading(page, "Changes");
    }),
  },
  {
    name: "edit-without-reason",
    show: at(openRecord, async (page) => {
      await openFirst(page);
      await page.getByLabel("Email address").fill("grace.hopper@example.org");
      await page.getByRole("button", { name: "Check changes" }).click();
      await page.getByRole("button", { name: "Save changes" }).click();
      await page.getByRole("alert").waitFor();
    }),
  },
  {
    name: "edit-changed-by-another",
    show: at(openRecord, async (page) => {
      await openFirst(page);
      const other = await page.context().newPage();
      await other.goto(page.url());
      await other.getByLabel("Name").fill("Grace Brewster Hopper");
      await other.getByLabel("Email address").fill("grace.hopper@example.org");
      await other.getByLabel("Why").first().fill("asked by phone");
      await other.getByRole("button", { name: "Check changes" }).click();
      await other.getByRole("button", { name: "Save changes" }).click();
      await heading(other, "History");
      await other.close();
      await page.getByLabel("Name").fill("Grace M. Hopper");
      await page.getByLabel("Why").first().fill("asked by mail");
      await page.getByRole("button", { name: "Check changes" }).click();
      await page.getByRole("alert").waitFor();
    }),
  },
  { name: "replay-request", show: at("/replays/new?all=yes", (page) => heading(page, "Start the replay")) },
  {
    name: "replay-done",
    show: at("/replays/new?reason=crash-loop", async (page) => {
      await page.getByLabel("Why").fill("the worker is repaired");
      await page.getByRole("button", { name: "Replay 1 now" }).click();
      await heading(page, "Done: all resolved");
    }),
  },
  { name: "replays", show: at("/replays", (page) => heading(page, "Replays")) },
  {
    name: "registration-found",
    show: at("/registrations", async (page, stage) => {
      const [address = ""] = await stage.register(1);
      for (let tries = 0; tries < 50 && (await page.locator("dl.facts").count()) === 0; tries += 1) {
        await page.getByLabel("Email address").fill(address);
        await page.getByRole("button", { name: "Find" }).click();
        await page.locator("[role=status] h3").waitFor();
      }
    }),
  },
  {
    name: "registrations-counted",
    show: at("/registrations", async (page) => {
      await page.getByRole("button", { name: "Count" }).click();
      await heading(page, /^\d+ registered$/);
    }),
  },
  {
    name: "registrations-searched",
    show: at("/registrations", async (page) => {
      await page.getByLabel("Part of an address or a name").fill("lovelace");
      await page.getByRole("button", { name: "Search" }).click();
      await heading(page, /^\d+ found$/);
    }),
  },
  {
    name: "registration-rejected",
    show: at("/registrations/new", async (page) => {
      await page.getByLabel("Email address").fill("nobody");
      await page.getByLabel("Why").fill("by phone");
      await page.getByRole("button", { name: "Add" }).click();
      await page.getByRole("alert").waitFor();
    }),
  },
  {
    name: "dead-letters-thousands",
    show: at("/dead-letters", async (page, stage) => {
      await stage.fillDeadLetters(10_000);
      await untilShown(page, "table.kinds tbody tr:nth-child(6)");
      await page.getByLabel(/^All .* open ones/).check();
    }),
  },
  {
    name: "dead-letters-one-kind",
    show: at("/dead-letters", async (page) => {
      await page.locator("table.kinds a").first().click();
      await page.locator("table.letters").waitFor();
      await page.locator("table.letters input[type=checkbox]").first().check();
      await page.locator("table.letters input[type=checkbox]").nth(1).check();
    }),
  },
  {
    name: "dead-letters-filter-rejected",
    show: at("/dead-letters", async (page) => {
      await page.getByLabel("Failed since").fill("yesterday");
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByRole("alert").waitFor();
    }),
  },
  { name: "many-request", show: at(typos, openManyEdit) },
  {
    name: "many-checked",
    show: at(typos, async (page) => {
      await openManyEdit(page);
      await checkTypos(page);
    }),
  },
  {
    name: "many-done",
    show: at(typos, async (page) => {
      await openManyEdit(page);
      await checkTypos(page);
      await page.getByLabel("Why").fill("typos in the partner's list");
      await page.getByRole("button", { name: /^Change .* now$/ }).click();
      await page.getByRole("heading", { name: "Done" }).waitFor({ timeout: 180_000 });
    }),
  },
  { name: "system", show: at("/system", (page) => heading(page, "Limits")) },
  { name: "audit-log", show: at("/system/log", (page) => heading(page, "Audit log")) },
  {
    name: "locked",
    show: at("/?token=of-a-console-that-was-stopped", (page) => heading(page, "This console is locked")),
  },
  {
    name: "unreachable",
    show: at("/", async (page, stage) => {
      await stage.stack.process("sqs").stop();
      await headline(page, "The console cannot reach the deployment");
      await page.locator("[data-chart=waiting] canvas").waitFor(waitOptions);
    }),
  },
];
