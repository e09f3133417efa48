/** Many dead letters in the console: without scripts, by keyboard alone, and as two people who work at once. */
import t from "tap";
import { hasFocus, reloadUntil, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openConsoleStage } from "./console-stage.ts";

const waitOptions = { timeout: 60_000 };

t.test("many dead letters", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openConsoleStage();
  t.teardown(() => stage.close());
  const { consoleUrl } = stage;
  await stage.fillDeadLetters(60);

  t.test("are mended without scripts, and nothing that was entered is lost on the way", async (t) => {
    const { page, context, requests } = await visit(browser, consoleUrl, { javaScriptEnabled: false });
    await page.goto(`${consoleUrl}/dead-letters`);
    await page.getByRole("button", { name: "Edit …" }).click();
    await page.getByRole("alert").filter({ hasText: "Nothing is selected" }).waitFor();
    await page.getByLabel("Address, name, id or detail").fill("@example");
    await page.getByRole("combobox", { name: "Reason" }).selectOption("Not a valid registration");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByLabel("All 36 open ones that match").check();
    await page.getByRole("button", { name: "Edit …" }).click();
    await page.getByLabel("Field", { exact: true }).fill("email");
    await page.getByLabel("By this").fill("@example.org");
    await page.getByRole("textbox", { name: "Why" }).fill("typos");
    await page.getByRole("button", { name: "Check 36" }).click();
    await page.getByRole("alert").filter({ hasText: "which part of the text" }).waitFor();
    t.equal(await page.getByLabel("By this").inputValue(), "@example.org");
    await page.getByLabel("This part").fill("@example");
    await page.getByRole("button", { name: "Check 36" }).click();
    const checked = page.getByRole("heading", { name: "Checked: 24 of 36 would be changed" });
    await reloadUntil(page, () => checked.isVisible(), "it is checked", waitOptions.timeout);
    t.equal(await page.getByRole("textbox", { name: "Why" }).inputValue(), "typos");
    await page.getByRole("button", { name: "Change 24 now" }).click();
    const done = page.getByRole("heading", { name: "Done" });
    await reloadUntil(page, () => done.isVisible(), "it is done", waitOptions.timeout);
    t.match(await page.locator("main").textContent(), /24\s*changed/);
    t.notOk(
      requests.some((request) => /@|%40/.test(request.url())),
      "no address in a URL",
    );
    await context.close();
  });

  t.test("are discarded by keyboard alone, and the focus goes to what is wrong", async (t) => {
    const { page, context, troubles } = await visit(browser, `${consoleUrl}/dead-letters?reason=malformed`);
    await page.locator("#all").focus();
    await page.keyboard.press("Space");
    const box = page.locator("table.letters input").first();
    t.ok(await box.isDisabled(), "all are meant, not single ones");
    for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Discard many" }).waitFor(waitOptions);
    await page.getByRole("button", { name: "Check 3" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Checked: 3 of 3 would be discarded" }).waitFor(waitOptions);
    await page.getByRole("button", { name: "Discard 3 now" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor(waitOptions);
    await hasFocus(page, "#result");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    // The link leads to the field.
    await hasFocus(page, "#why");
    await page.keyboard.type("cut off by a proxy");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Done" }).waitFor(waitOptions);
    await page.goto(`${consoleUrl}/dead-letters?reason=malformed&state=discarded`);
    await page.getByRole("heading", { name: "The message cannot be read: 3 discarded" }).waitFor();
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("a chart tells its values under the pointer and by keys", async (t) => {
    const { page, context } = await visit(browser, consoleUrl);
    const figure = page.locator("[data-chart=rates]");
    await figure.locator("canvas").waitFor(waitOptions);
    const values = figure.locator("[data-values]");
    await figure.locator(".plot").focus();
    // Until the first poll has given something to show.
    for (const end = Date.now() + waitOptions.timeout; !(await values.textContent()) && Date.now() < end;) {
      await page.keyboard.press("End");
    }
    t.match(await values.textContent(), /\d CES?T: accepted .*, stored /);
    await page.keyboard.press("Escape");
    await values.filter({ hasText: /^$/ }).waitFor({ ...waitOptions, state: "attached" });
    await figure.locator(".u-over").hover({ position: { x: 5, y: 40 } });
    await values.filter({ hasText: "accepted" }).waitFor(waitOptions);
    await context.close();
  });
});
