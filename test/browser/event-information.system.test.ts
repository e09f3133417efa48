/** Everything that an event file tells about the event, in a real browser: readable, whole and on narrow screens too. */
import t from "tap";
import { fillIn, headingReads, registerButton, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { examine } from "./examination.ts";
import { openStage, summit } from "./stage.ts";
import { themes } from "./states.ts";

const logo =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><path d="M0 0h120v40H0z" fill="#7a1f5c"/><circle cx="20" cy="20" r="12" fill="#fff"/></svg>';
const event = {
  ...summit(-3_600_000),
  startsAt: "2036-05-09T09:00:00+02:00",
  endsAt: "2036-05-10T17:00:00+02:00",
  venue: "Harbour Hall, Kaistraße 1, 24103 Kiel",
  venueUrl: "https://summit.example.org/venue",
  organiser: { name: "Summit of the North e.V.", email: "hello@summit.example.org", url: "https://summit.example.org" },
  links: {
    privacy: "https://summit.example.org/privacy",
    imprint: "https://summit.example.org/imprint",
    conduct: "https://summit.example.org/conduct",
  },
  accent: "#7a1f5c",
  logo: "mark.svg",
};

t.test("an event that tells all about itself", { skip, timeout: 180_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());
  const url = await stage.addEvent(event, logo);

  for (const locale of ["en-GB", "de-DE"]) {
    await t.test(`is readable in every theme, before and after registering: ${locale}`, async (t) => {
      const { page, context, troubles } = await visit(browser, url, { locale });
      const drawn = () => page.locator("img.logo").evaluate((image: { naturalWidth: number }) => image.naturalWidth);
      t.ok((await drawn()) > 0, "the logo is drawn");
      await examine(t, page, themes);
      if (locale === "en-GB") {
        await fillIn(page);
        await registerButton(page).click();
        await headingReads(page, "You are registered");
        await examine(t, page, themes);
        await page.reload();
        await headingReads(page, "You are registered");
        await examine(t, page, themes);
        t.ok((await drawn()) > 0);
      }
      t.strictSame(troubles, []);
      await context.close();
    });
  }

  await t.test("gives its calendar file without a script, and has the colour that the organiser chose", async (t) => {
    const { page, context } = await visit(browser, url, { javaScriptEnabled: false });
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Add to calendar" }).click();
    t.equal((await download).suggestedFilename(), "event.ics");
    const style = await page.evaluate(
      "getComputedStyle(document.querySelector('button[type=submit]')).backgroundColor",
    );
    t.equal(style, "rgb(122, 31, 92)");
    await context.close();
  });
});
