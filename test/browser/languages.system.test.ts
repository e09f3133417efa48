/** An event in three languages, the one from right to left among them, with and without a script. */
import t from "tap";
import { translatedEvent } from "../equipment/translated-event.ts";
import { headingReads, newAddress, registerButton, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { examine } from "./examination.ts";
import { openStage } from "./stage.ts";
import { themes } from "./states.ts";

t.test("in the attendee's language", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());
  const url = await stage.addEvent(translatedEvent);
  const phone = { locale: "en-GB", viewport: { width: 390, height: 760 } };

  for (const javaScriptEnabled of [true, false]) {
    t.test(javaScriptEnabled ? "with the script" : "without a script", async (t) => {
      const { page, context, troubles } = await visit(browser, url, { ...phone, javaScriptEnabled });
      await headingReads(page, "Register");
      await page.getByRole("link", { name: "العربية" }).click();
      await headingReads(page, "التسجيل");
      t.equal(await page.locator("html").getAttribute("dir"), "rtl");
      if (javaScriptEnabled) await examine(t, page, themes);

      await page.getByLabel("عنوان البريد الإلكتروني").fill(newAddress());
      await page.getByLabel("الاسم", { exact: true }).fill("مريم");
      await registerButton(page).click();
      await page.locator("#summary").getByText("أي جولة؟").waitFor();
      if (javaScriptEnabled) await examine(t, page, themes);

      await page.getByLabel("أي جولة؟").selectOption({ label: "الصباح" });
      await page.getByLabel("ألتزم بقواعد المدرسة").check();
      await registerButton(page).click();
      // The browser prefers English: the registration's language counts.
      // Without a script the page loads itself again until then; a reload of ours must not get in its way.
      await headingReads(page, "أنت مسجَّل");
      await page.waitForURL("**/registrations/*");
      await page.reload();
      await headingReads(page, "أنت مسجَّل");
      if (javaScriptEnabled) await examine(t, page, themes);
      await page.goto(stage.asMailed(page.url()));
      await page.getByText("الصباح").waitFor();
      t.strictSame(troubles, []);
      await context.close();
    });
  }

  t.test("before the opening, the clock counts from right to left", async (t) => {
    const inADay = new Date(Date.now() + 86_400_000).toISOString();
    const early = await stage.addEvent({ ...translatedEvent, opensAt: inADay });
    const { page, context, troubles } = await visit(browser, early, { ...phone, locale: "ar" });
    await page.locator(".clock").waitFor();
    await examine(t, page, themes);
    const [days, seconds] = await Promise.all(
      ["day", "second"].map((unit) => page.locator(`[data-unit=${unit}]`).boundingBox()),
    );
    t.ok((days?.x ?? 0) > (seconds?.x ?? 0));
    t.strictSame(troubles, []);
    await context.close();
  });
});
