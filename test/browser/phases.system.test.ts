/** The event page through its life, in a real browser: before the opening, at it, and after the end. */
import t from "tap";
import { fillIn, headingReads, registerButton, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openStage, summit } from "./stage.ts";

const hourMs = 3_600_000;
/** Long enough for a web tier to start and a browser to open it before it opens; else again with more. */
const soonMs = 20_000;
/** What is read before the opening is read in this time. */
const readingMs = 5_000;

t.test("the phases of an event", { skip, timeout: 240_000, jobs: 3 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());

  t.test(
    "opens by itself, by the server's clock, whatever the device's clock says, and asks for nothing then",
    { buffered: true },
    async (t) => {
      const { page, context, requests, troubles } = await visit(browser, "about:blank");
      // An hour ahead: by this clock, registration has long been open.
      await page.addInitScript(`{
      const now = Date.now;
      Date.now = () => now() + ${hourMs};
    }`);
      let opensAt = 0;
      for (let leadMs = soonMs; Date.now() > opensAt - readingMs; leadMs += soonMs) {
        const openingSoon = summit(leadMs);
        opensAt = Date.parse(openingSoon.opensAt);
        await page.goto(await stage.addEvent(openingSoon));
        await page.locator(".clock").or(registerButton(page)).first().waitFor();
      }
      await headingReads(page, "Registration opens in");
      t.equal(await page.locator("[data-unit=hour] b").textContent(), "00");
      t.ok(Date.now() < opensAt, "this test reads the page before it opens");
      // The reading of the clock is over: from here to the open form the page needs nobody.
      await page.waitForLoadState("networkidle");
      const asked = requests.length;
      await headingReads(page, "Register");
      const lateMs = Date.now() - opensAt;
      t.ok(lateMs >= 0, `opened ${lateMs} ms after its time`);
      t.ok(lateMs < 10_000, `opened ${lateMs} ms after its time`);
      t.ok(requests.length - asked <= 1, "at most the last check of the clock");
      t.match(await page.locator("#announcement").textContent(), "Registration is open");
      t.match(await page.locator(".when:visible").textContent(), "Open until");
      await fillIn(page);
      await registerButton(page).click();
      await headingReads(page, "You are registered");
      t.strictSame(troubles, []);
      await context.close();
    },
  );

  t.test("tells the opening on the event's clock, and on the reader's", { buffered: true }, async (t) => {
    const url = await stage.addEvent({
      ...summit(hourMs),
      opensAt: "2030-09-04T09:00:00+02:00",
      closesAt: "2030-09-20T09:00:00+02:00",
    });
    const there = await visit(browser, url, { timezoneId: "America/New_York", locale: "de-DE" });
    const when = there.page.locator(".when:visible");
    await when.locator(".local:visible").waitFor();
    t.match(
      await when.textContent(),
      /Mittwoch, 4\. September 2030.*09:00.*Mitteleuropäische Sommerzeit.*03:00.*in Ihrer Zeitzone/s,
    );
    await there.context.close();
    const here = await visit(browser, url, { timezoneId: "Europe/Berlin" });
    await here.page.locator(".clock").waitFor();
    t.equal(await here.page.locator(".local:visible").count(), 0, "once is enough where both are the same");
    await here.context.close();
    const plain = await visit(browser, url, { javaScriptEnabled: false });
    t.ok(await plain.page.locator("noscript p").isVisible(), "it says what to do without a script");
    t.equal(await plain.page.locator(".clock:visible").count(), 0);
    await plain.context.close();
  });

  t.test("says that it is closed, and takes nothing any more", { buffered: true }, async (t) => {
    const closedUrl = await stage.addEvent(summit(-2 * hourMs, hourMs));
    const late = await visit(browser, closedUrl);
    await headingReads(late.page, "Registration is closed");
    t.equal(await late.page.locator("form").count(), 0);
    await late.context.close();

    // A page that was loaded in time and is sent too late.
    const { page, context } = await visit(browser, stage.openUrl);
    await page.route("**/registrations", (route) => route.continue({ url: `${closedUrl}/registrations` }));
    await fillIn(page);
    await registerButton(page).click();
    await headingReads(page, "Registration is closed");
    t.match(await page.locator(".phase:visible").textContent(), "Registration is closed");
    await context.close();
  });

  t.test("holds what was sent a moment too early until it is time", { buffered: true }, async (t) => {
    const laterUrl = await stage.addEvent(summit(hourMs));
    const { page, context, posts } = await visit(browser, stage.openUrl);
    let target = laterUrl;
    await page.route("**/registrations", (route) => route.continue({ url: `${target}/registrations` }));
    await fillIn(page);
    await registerButton(page).click();
    await page.getByRole("heading", { name: "Registration is about to open" }).waitFor();
    target = stage.openUrl;
    await headingReads(page, "You are registered");
    t.ok(posts().length >= 2);
    await context.close();
  });

  t.test("shows a page from a cache as it is now, once it has read the clock", { buffered: true }, async (t) => {
    const { page, context } = await visit(browser, "about:blank");
    const before = await fetch(await stage.addEvent(summit(hourMs, 2 * hourMs)));
    const html = (await before.text()).replaceAll(
      /data-opens-at="[^"]+"/g,
      `data-opens-at="${new Date(Date.now() - 5_000).toISOString()}"`,
    );
    await page.route(`${stage.openUrl}/`, async (route) =>
      route.request().method() === "GET"
        ? route.fulfill({ contentType: "text/html; charset=utf-8", body: html })
        : route.continue(),
    );
    await page.goto(stage.openUrl);
    await headingReads(page, "Register");
    t.equal(await page.locator(".clock").count(), 0);
    await context.close();
  });
});
