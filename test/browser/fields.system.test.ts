/** Sections, conditions, several choices, days and consents, in a real browser, with and without a script. */
import t from "tap";
import { fieldsEvent, wording } from "../equipment/fields-event.ts";
import { headingReads, newAddress, registerButton, sticksOut, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { examine } from "./examination.ts";
import { openStage } from "./stage.ts";
import { themes } from "./states.ts";

const hourMs = 3_600_000;
const phone = { width: 390, height: 844 };

t.test("a form with every kind of field", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());
  const opensAt = new Date(Date.now() - hourMs).toISOString();
  const url = await stage.addEvent(
    fieldsEvent({ opensAt, closesAt: new Date(Date.now() + 720 * hourMs).toISOString() }),
  );

  t.test("asks only those whom a question concerns, and sends what they see", async (t) => {
    const { page, context, posts, troubles } = await visit(browser, url, { viewport: phone });
    const workshops = page.getByRole("group", { name: "Workshops" });
    const laptop = page.getByLabel("I need a laptop");
    t.notOk(await workshops.isVisible());
    await page.getByLabel("Email address").fill(newAddress());
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByLabel("Which days?").selectOption("Both days");
    t.ok(await workshops.isVisible());
    t.notOk(await laptop.isVisible());
    await registerButton(page).click();
    t.match(await page.locator("#summary").innerText(), /Workshops – Choose 1 to 2[^]*Photos – Tick this box to agree/);
    await page.locator("#summary a").first().click();
    t.equal(await page.evaluate("document.activeElement.value"), "Rust", "the error leads to the first option");
    // By keyboard alone.
    await page.keyboard.press("Space");
    t.ok(await laptop.isVisible());
    await laptop.check();
    for (const option of ["Zig", "Go"]) await page.getByLabel(option, { exact: true }).check();
    await registerButton(page).click();
    t.match(await workshops.locator(".error").innerText(), /Choose 1 to 2/, "three are too many");
    t.match(await workshops.getAttribute("aria-describedby"), /answer-workshops-hint answer-workshops-error/);
    for (const option of ["Rust", "Zig"]) await page.getByLabel(option, { exact: true }).uncheck();
    t.notOk(await laptop.isVisible(), "what was ticked there does not count any more");
    await page.getByLabel("Arrival").fill("2026-05-11");
    await page.getByLabel("Photos").check();
    await registerButton(page).click();
    t.match(await page.locator("#summary").innerText(), /Arrival – Enter a date from 8 May 2026/);
    await page.getByLabel("Arrival").fill("2026-05-09");
    t.notOk(await sticksOut(page));
    await registerButton(page).click();
    await headingReads(page, "You are registered");
    const answers = { ticket: "Both days", workshops: ["Go"], arrival: "2026-05-09", photos: true };
    t.strictSame((posts().at(-1)!.postDataJSON() as { answers: unknown }).answers, answers);
    await page.goto(stage.asMailed(page.url()));
    t.match(await page.locator(".entries").innerText(), /Workshops\nGo\n[^]*Photos\nYes\nI agree that photos of me\n/);
    await page.getByRole("link", { name: "Correct your entries" }).click();
    await headingReads(page, "Correct your registration");
    t.ok(await page.getByLabel("Go", { exact: true }).isChecked());
    t.ok(await page.getByLabel("Photos").isChecked(), "the wording is the one that was agreed to");
    await page.getByLabel("Which days?").selectOption("Friday");
    t.notOk(await page.getByRole("group", { name: "Workshops" }).isVisible());
    await registerButton(page).click();
    await page.getByText("We have received your change").waitFor();
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("shows everything without a script, says for whom it is, and takes what was asked", async (t) => {
    const { page, context } = await visit(browser, url, { javaScriptEnabled: false });
    await page.getByText("Only for those who answer “Which days?” with “Both days”.").waitFor();
    t.ok(await page.getByRole("group", { name: "Workshops" }).isVisible());
    await page.getByLabel("Email address").fill(newAddress());
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByLabel("Which days?").selectOption("Friday");
    await page.getByLabel("Go", { exact: true }).check();
    await registerButton(page).click();
    t.match(await page.locator("#summary").innerText(), /Photos – Tick this box to agree/);
    t.notMatch(await page.locator("#summary").innerText(), /Workshops/, "which nobody asked");
    await page.getByLabel("Photos").check();
    await registerButton(page).click();
    await headingReads(page, "You are registered");
    t.ok(await page.getByText(wording.split("\n")[0] ?? "").isHidden(), "a bare link shows no content");
    await context.close();
  });

  t.test("has nothing that keeps somebody out, in light and dark, on the phone as on the desktop", async (t) => {
    const { page, context } = await visit(browser, url);
    await page.getByLabel("Which days?").selectOption("Both days");
    await registerButton(page).click();
    await page.locator("#summary").waitFor();
    await examine(t, page, themes);
    await context.close();
  });
});
