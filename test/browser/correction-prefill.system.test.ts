/** A correction by the bare link begins with what this browser sent, and nowhere else with anything. */
import t from "tap";
import type { Page } from "playwright-core";
import { fieldsEvent } from "../equipment/fields-event.ts";
import { headingReads, newAddress, registerButton, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { examine } from "./examination.ts";
import { openStage } from "./stage.ts";
import { themes } from "./states.ts";

const hourMs = 3_600_000;
const kept = (page: Page) => page.evaluate<string | null>(`localStorage.getItem("turnout.sent")`);
const entries = (page: Page) => page.locator(".entries dt, .entries dd").allTextContents();
const forgetButton = (page: Page) => page.getByRole("button", { name: "Remove it from this device" });

t.test("a correction by the bare link", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());
  const times = [-hourMs, 720 * hourMs].map((ms) => new Date(Date.now() + ms).toISOString());
  const url = await stage.addEvent(fieldsEvent({ opensAt: times[0], closesAt: times[1] }));

  const visited = await visit(browser, url);
  const { page, troubles } = visited;
  await page.getByLabel("Email address").fill(newAddress());
  await page.getByLabel("Name", { exact: true }).fill("Ada");
  await page.getByLabel("Which days?").selectOption("Both days");
  await page.getByLabel("Rust", { exact: true }).check();
  await page.getByLabel("I need a laptop").check();
  await page.getByLabel("Arrival").fill("2026-05-09");
  await page.getByLabel("Telephone").fill("+49 431 1234");
  await page.getByLabel("Tell us more").fill("two\nlines");
  await page.getByLabel("Photos").check();
  await page.getByLabel("Press list", { exact: true }).check();
  await page.getByLabel("Your paper").fill("The Times");
  await registerButton(page).click();
  await headingReads(page, "You are registered");
  const statusUrl = page.url();
  const correctionUrl = `${statusUrl}/correction`;

  t.test("what the browser shows of what it sent reads as what the server shows to a link from a mail", async (t) => {
    const sent = await entries(page);
    const mailed = await visit(browser, stage.asMailed(statusUrl));
    t.strictSame(sent.slice(2), await entries(mailed.page));
    t.match(sent, ["Email address"]);
    await mailed.context.close();
  });

  t.test("begins with it, conditions followed, and is sent whole by keyboard", async (t) => {
    await page.goto(correctionUrl);
    const note = page.getByText("This browser has filled in what it sent before");
    await note.waitFor();
    t.notOk(await page.getByText("Please fill in everything again").isVisible());
    t.ok(await page.getByLabel("Rust", { exact: true }).isChecked());
    t.notOk(await page.getByLabel("Zig", { exact: true }).isChecked());
    t.ok(await page.getByLabel("I need a laptop").isChecked(), "which depends on two others");
    t.equal(await page.getByLabel("Tell us more").inputValue(), "two\nlines");
    t.ok(await page.getByLabel("Photos").isChecked());
    await examine(t, page, themes);
    await page.getByLabel("Name", { exact: true }).focus();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("Ada King");
    await page.keyboard.press("Enter");
    await page.getByText("We have received your change").waitFor();
    // The page is there before its script has run.
    await page.locator("[data-sent]").waitFor();
    const shown = await entries(page);
    t.match(shown.slice(2, 6), ["Name", "Ada King", "Which days?", "Both days"]);
    t.equal(shown.at(-1), "The Times");
    await page.goto(correctionUrl);
    t.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Ada King", "the next one begins with that");
  });

  t.test("asks again for an agreement to another wording, and leaves out what the form no longer has", async (t) => {
    const before = (await kept(page)) ?? "";
    const changed = before
      .replace("shown on the event's site", "shown in all the world")
      .replaceAll('"Both days"', '"Sunday"');
    await page.evaluate(`localStorage.setItem("turnout.sent", ${JSON.stringify(changed)})`);
    await page.reload();
    await page.getByText("This browser has filled in").waitFor();
    t.notOk(await page.getByLabel("Photos").isChecked());
    t.ok(await page.getByLabel("Press list", { exact: true }).isChecked(), "control: the other one is as it was");
    t.equal(await page.getByLabel("Which days?").inputValue(), "");
    await page.evaluate(`localStorage.setItem("turnout.sent", ${JSON.stringify(before)})`);
  });

  t.test(
    "is empty, and says what to do, in another browser, without a script, and through a mail's form",
    async (t) => {
      for (const javaScriptEnabled of [true, false]) {
        const other = await visit(browser, correctionUrl, { javaScriptEnabled });
        await other.page.getByText("Please fill in everything again").waitFor();
        t.equal(await other.page.getByLabel("Name", { exact: true }).inputValue(), "");
        t.notOk(await forgetButton(other.page).isVisible());
        t.notMatch(await other.page.content(), /Ada King|The Times/, "nothing of it comes from the server");
        await other.context.close();
      }
      await page.goto(`${stage.asMailed(statusUrl)}/correction`);
      t.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Ada King", "from the server");
      t.notOk(await forgetButton(page).isVisible());
    },
  );

  t.test("forgets all on a shared computer, by keyboard", async (t) => {
    await page.goto(correctionUrl);
    t.match(await kept(page), "Ada King", "control: it is kept");
    await forgetButton(page).focus();
    await page.keyboard.press("Enter");
    t.equal(await kept(page), null);
    t.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "");
    t.notOk(await page.getByRole("group", { name: "Workshops" }).isVisible());
    t.match(await page.evaluate("document.activeElement.textContent"), "Please fill in everything again");
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByLabel("Which days?").selectOption("Friday");
    await page.getByLabel("Photos").check();
    await registerButton(page).click();
    await page.getByText("We have received your change").waitFor();
    await page.waitForLoadState();
    t.equal(await kept(page), null, "and keeps nothing of what is sent from there");
    t.strictSame(troubles, []);
  });
});
