/** Corrections and withdrawals in a browser, with and without a script. */
import t from "tap";
import { fillIn, headingReads, registerButton, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openStage } from "./stage.ts";

t.test("who is registered", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());

  t.test("withdraws right after, and the page says so by itself once it is done", async (t) => {
    const { page, context, troubles } = await visit(browser, stage.openUrl);
    await fillIn(page);
    await registerButton(page).click();
    await headingReads(page, "You are registered");
    // The panel came from a template: its links are the script's.
    await page.getByRole("link", { name: "Withdraw your registration" }).click();
    await headingReads(page, "Withdraw your registration?");
    await registerButton(page).click();
    await headingReads(page, "Your registration has been withdrawn");
    t.equal(await page.getByText("We have received").count(), 0, "and no longer that it was received");
    t.same(troubles, []);
    await context.close();
  });

  t.test("corrects by the link from a mail without a script, sees it, and withdraws", async (t) => {
    const { page, context, troubles } = await visit(browser, stage.openUrl, { javaScriptEnabled: false });
    await fillIn(page);
    await registerButton(page).click();
    await headingReads(page, "You are registered");
    t.equal(await page.getByText("Ada Lovelace").count(), 0, "not by the receipt of the form");
    await page.goto(stage.asMailed(page.url()));
    await page.getByText("Ada Lovelace").waitFor();
    await page.getByRole("link", { name: "Correct your entries" }).click();
    await headingReads(page, "Correct your registration");
    const name = page.getByLabel("Name", { exact: true });
    t.equal(await name.inputValue(), "Ada Lovelace");
    await name.fill("");
    await registerButton(page).click();
    await page.locator("#name-error").getByText("Enter your name.").waitFor();
    await name.fill("Ada King");
    await registerButton(page).click();
    await page.getByText("We have received your change").waitFor();
    while ((await page.getByText("Ada King").count()) === 0) {
      await page.getByRole("link", { name: "Check again" }).first().click();
    }
    await page.getByRole("link", { name: "Withdraw your registration" }).click();
    await registerButton(page).click();
    await headingReads(page, "Your registration has been withdrawn");
    t.same(troubles, []);
    await context.close();
  });
});
