/** What the browser that registered keeps and shows: on the whole stack, in a real browser. */
import t from "tap";
import type { BrowserContext, Page } from "playwright-core";
import { fillIn, headingReads, registerButton, visit } from "./attendee.ts";
import { eventually } from "../equipment/eventually.ts";
import { openChromium, skip } from "./chromium.ts";
import { openStage } from "./stage.ts";

const registered = "You are registered";
const sent = (page: Page) => page.locator("[data-sent]");
const reference = (page: Page) => page.locator("[data-reference]").textContent();

async function withdraw(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Withdraw your registration" }).click();
  await registerButton(page).click();
  await headingReads(page, "Your registration has been withdrawn");
}

async function kept(context: BrowserContext): Promise<string> {
  const { origins } = await context.storageState();
  return origins.flatMap(({ localStorage }) => localStorage.map(({ value }) => value)).join();
}

async function forgets(context: BrowserContext, what: string): Promise<void> {
  await eventually(async () => (await kept(context)) === "", what);
}

t.test("the browser that registered", { skip, timeout: 180_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());

  async function register() {
    const visited = await visit(browser, stage.openUrl);
    const email = await fillIn(visited.page);
    await visited.page.getByLabel("Guests you bring along").fill("2");
    await registerButton(visited.page).click();
    await headingReads(visited.page, registered);
    return { ...visited, email };
  }

  t.test("shows what it sent, now and later; the link elsewhere shows state and reference alone", async (t) => {
    const { page, context, email, troubles } = await register();
    const told = await reference(page);
    t.match(told, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    for (const when of ["in place", "after a reload"]) {
      t.strictSame(
        await sent(page).locator("dt, dd").allTextContents(),
        [
          "Email address",
          email,
          "Name",
          "Ada Lovelace",
          "Which days will you come?",
          "Both days",
          "Guests you bring along",
          "2",
          "I accept the code of conduct",
          "Yes",
        ],
        when,
      );
      t.equal(await reference(page), told, when);
      await page.reload();
      await headingReads(page, registered);
      await sent(page).waitFor();
    }
    await page.getByText("What you send is also kept in this browser for 30 days").waitFor();

    for (const javaScriptEnabled of [true, false]) {
      const other = await visit(browser, page.url(), { javaScriptEnabled });
      await headingReads(other.page, registered);
      t.equal(await reference(other.page), told);
      t.notMatch(await other.page.locator("body").innerText(), /Ada|ada\./);
      t.equal(await kept(other.context), "", "and keeps nothing");
      await other.context.close();
    }
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("shows a correction once it was received, and forgets all with the withdrawal", async (t) => {
    const { page, context, email } = await register();
    await page.getByRole("link", { name: "Correct your entries" }).click();
    // Then the script has filled in the rest.
    await headingReads(page, "Correct your registration");
    await page.getByLabel("Name", { exact: true }).fill("Ada King");
    await page.getByLabel("I accept the code of conduct").check();
    await registerButton(page).click();
    await page.getByText("We have received your change").waitFor();
    const words = [
      ["Email address", email],
      ["Name", "Ada King"],
      ["Which days will you come?", "Both days"],
      ["Guests you bring along", "2"],
      ["I accept the code of conduct", "Yes"],
    ].flat();
    // The page is there before its script has run.
    await sent(page).waitFor();
    t.strictSame(await sent(page).locator("dt, dd").allTextContents(), words);
    await eventually(async () => (await kept(context)).includes("Ada King"), "control: it is kept");
    await withdraw(page);
    await forgets(context, "it is forgotten");
    await context.close();
  });

  t.test("forgets all when the page comes only after the withdrawal has been made", async (t) => {
    const { page, context } = await register();
    t.match(await kept(context), "Ada Lovelace", "control: it is kept");
    await page.route(/received=withdrawal/, async (route) => {
      await eventually(async () => {
        const response = await fetch(route.request().url(), { headers: { accept: "application/json" } });
        return ((await response.json()) as { status: string }).status === "withdrawn";
      }, "the withdrawal is made");
      await route.continue();
    });
    await withdraw(page);
    await forgets(context, "it is forgotten");
    await context.close();
  });

  t.test("forgets what it sent when it is told to, and after its time", async (t) => {
    const first = await register();
    await first.page.getByRole("button", { name: "Remove it from this device" }).click();
    await forgets(first.context, "it is forgotten");
    await first.page.reload();
    await headingReads(first.page, registered);
    t.notOk(await sent(first.page).isVisible());
    await first.context.close();

    const second = await register();
    await second.page.evaluate(`{
      const kept = JSON.parse(localStorage.getItem("turnout.sent"));
      for (const sent of kept) sent.at -= 31 * 86_400_000;
      localStorage.setItem("turnout.sent", JSON.stringify(kept));
    }`);
    await second.page.goto(stage.openUrl);
    await second.page.locator("[data-keeps]:not([hidden])").waitFor();
    await forgets(second.context, "any page of the site forgets it");
    await second.context.close();
  });

  t.test("registers and shows the state where it may keep nothing, or finds nonsense there", async (t) => {
    for (const script of [
      `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });`,
      `localStorage.setItem("turnout.sent", '[null,{"end":1},"x"]');`,
    ]) {
      const { page, context, troubles } = await visit(browser, "about:blank");
      await page.addInitScript(script);
      await page.goto(stage.openUrl);
      await fillIn(page);
      await registerButton(page).click();
      await headingReads(page, registered);
      t.match(await reference(page), /-/);
      t.strictSame(troubles, []);
      await context.close();
    }
  });
});
