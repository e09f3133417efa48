/** The tab and the times of the console, as an operator in another time zone has them. */
import { join } from "node:path";
import t from "tap";
import { loadEvent } from "../../shared/registration/event-definition.ts";
import { createZonedTimes } from "../../terminal/zoned-times.ts";
import { eventually } from "../equipment/eventually.ts";
import { reloadUntil, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openConsoleStage } from "./console-stage.ts";

const { timeZone } = loadEvent(join(import.meta.dirname, "..", "..", "event.json"));
const times = createZonedTimes(timeZone);
/** What the console's own zone is not. */
const elsewhere = { timezoneId: "Asia/Tokyo" };

t.test("the console's tab and times", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openConsoleStage();
  t.teardown(() => stage.close());
  const { consoleUrl, stack } = stage;

  t.test("every tab shows the state in its title and icon, and follows it", async (t) => {
    const { page: overview, context, troubles } = await visit(browser, consoleUrl, elsewhere);
    const letters = await context.newPage();
    await letters.goto(`${consoleUrl}/dead-letters`);
    const icon = () => letters.locator('link[rel="icon"]').getAttribute("href");
    await eventually(
      async () => (await overview.title()).startsWith("✓ All is well – Overview – "),
      "all is well",
      30_000,
    );
    stack.kill("worker", "SIGSTOP");
    await eventually(
      async () => (await overview.title()).startsWith("✖ Worker down – Overview – "),
      "by the stream",
      30_000,
    );
    await eventually(
      async () => (await letters.title()).startsWith("✖ Worker down – Dead letters – "),
      "by asking",
      40_000,
    );
    t.match(await icon(), /icon-trouble\.svg$/);
    stack.kill("worker", "SIGCONT");
    await eventually(
      async () => (await letters.title()).startsWith("✓ All is well – Dead letters – "),
      "well again",
      40_000,
    );
    t.match(await icon(), /icon-ok\.svg$/);
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("charts and text have the event's zone, whatever the browser's is", async (t) => {
    const { page, context } = await visit(browser, consoleUrl, elsewhere);
    const plot = page.locator("[data-chart=waiting] [role=img]");
    await page.locator("[data-chart=waiting] canvas").waitFor();
    await plot.focus();
    const values = page.locator("[data-chart=waiting] [data-values]");
    const text = await eventually(async () => {
      await page.keyboard.press("End");
      return values.textContent();
    }, "the values are told");
    const [clock, zone] = [times.bare(Date.now()).slice(11, 13), times.zoneAt(Date.now())];
    t.match(text, new RegExp(`^\\d\\d:\\d\\d ${zone.replace("+", "\\+")}: people`));
    t.ok(text.startsWith(clock) || Number(clock) > Number(text.slice(0, 2)), "the hour is that of the zone");
    t.match(await page.locator("[data-live=figures]").textContent(), new RegExp(`\\d\\d:\\d\\d:\\d\\d ${zone}`));
    t.match(await page.locator("#charts-note").textContent(), `Times are ${zone} (${timeZone})`);
    await context.close();
  });

  t.test("without JavaScript the first page has both", async (t) => {
    const { page, context } = await visit(browser, consoleUrl, { ...elsewhere, javaScriptEnabled: false });
    await reloadUntil(page, async () => (await page.title()).startsWith("✓ All is well – Overview – "), "all is well");
    t.match(await page.locator('link[rel="icon"]').getAttribute("href"), /icon-ok\.svg$/);
    await context.close();
  });
});
