/** What an attendee meets, in a real browser on the whole stack, when not everything goes at once. */
import t from "tap";
import { eventually } from "../equipment/eventually.ts";
import { fillIn, headingReads, registerButton, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openStage } from "./stage.ts";

t.test("registering in a rush", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());

  t.test("goes on trying while it is too busy, calmly and under the same key", async (t) => {
    const { page, context, posts, troubles } = await visit(browser, stage.openUrl);
    const email = await fillIn(page);
    stage.stopQueue();
    t.teardown(() => stage.resumeQueue());
    await registerButton(page).click();
    await page.getByRole("heading", { name: "Many people are registering right now" }).waitFor();
    // Between two attempts; while one is under way it says nothing of the next.
    const words = page.locator("#wait").filter({ hasText: /not confirmed yet.*Next attempt: in \d+ seconds?/s });
    await words.waitFor();
    t.match(await page.locator("#announcement").textContent(), "Many people are registering");
    t.equal(await registerButton(page).getAttribute("aria-disabled"), "true");
    await eventually(() => posts().length >= 2, "a second attempt");
    stage.resumeQueue();
    await headingReads(page, "You are registered");
    const keys = await Promise.all(posts().map(async (post) => (await post.allHeaders())["idempotency-key"]));
    t.match(keys[0], /^[\w-]{20,}$/);
    t.equal(new Set(keys).size, 1, "every attempt counts as the same one");
    for (const post of posts()) t.equal((post.postDataJSON() as { email: string }).email, email);
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("gives the form back to whoever has had enough, with all that was entered", async (t) => {
    const { page, context, posts } = await visit(browser, stage.openUrl);
    const email = await fillIn(page);
    stage.stopQueue();
    t.teardown(() => stage.resumeQueue());
    await registerButton(page).click();
    await page.getByRole("button", { name: "Stop and go back to the form" }).click();
    await page.getByRole("heading", { name: "Stopped" }).waitFor();
    t.equal(await page.getByLabel("Email address").inputValue(), email);
    t.equal(await registerButton(page).textContent(), "Register");
    t.ok(await page.evaluate("document.activeElement === document.querySelector('[type=submit]')"));
    stage.resumeQueue();
    await registerButton(page).click();
    await headingReads(page, "You are registered");
    const keys = await Promise.all(posts().map(async (post) => (await post.allHeaders())["idempotency-key"]));
    t.equal(new Set(keys).size, 1, "pressing again is still the same registration");
    await context.close();
  });

  t.test("waits for a lost connection, and goes on when it is back", async (t) => {
    const { page, context, posts } = await visit(browser, stage.openUrl);
    await fillIn(page);
    await context.setOffline(true);
    await registerButton(page).click();
    await page.getByRole("heading", { name: "You appear to be offline" }).waitFor();
    await context.setOffline(false);
    await headingReads(page, "You are registered");
    t.ok(posts().length >= 2);
    await context.close();
  });

  t.test("shows that it is pending, and the confirmation as soon as there is one", async (t) => {
    await stage.stopWorker();
    const { page, context, requests, troubles } = await visit(browser, stage.openUrl);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await fillIn(page);
    await registerButton(page).click();
    await headingReads(page, "We have your registration");
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByRole("button", { name: "Link copied" }).waitFor();
    t.equal(await page.evaluate("navigator.clipboard.readText()"), page.url());
    await page.reload();
    await headingReads(page, "We have your registration");
    await stage.resumeWorker();
    await headingReads(page, "You are registered");
    t.equal(await page.locator("#announcement").textContent(), "You are registered");
    t.ok(
      requests.some((request) => new URL(request.url()).pathname === "/progress"),
      "it asks how far the queue is, and few wait",
    );
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("says so when somebody has to review it", async (t) => {
    await stage.stopWorker();
    const { page, context } = await visit(browser, stage.openUrl);
    await fillIn(page);
    await registerButton(page).click();
    await headingReads(page, "We have your registration");
    await stage.deadLetterWhatWaits();
    await stage.resumeWorker();
    await headingReads(page, "We have your registration, and someone will review it");
    t.match(await page.title(), "someone will review it");
    await context.close();
  });
});
