/** Registration is paused: the console says so everywhere, and resumes it by the keyboard alone. */
import t from "tap";
import { createAcceptanceStore } from "../../admin/acceptance/acceptance-store.ts";
import { connect } from "../../terminal/connection.ts";
import { hasFocus, reloadUntil, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openConsoleStage } from "./console-stage.ts";
import { examine } from "./examination.ts";
import { picture } from "./pictures.ts";
import { themes } from "./states.ts";

t.test("while registration is paused", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openConsoleStage();
  t.teardown(() => stage.close());
  const connection = await connect({}, stage.stack.environment);
  t.teardown(() => connection.close());
  const store = createAcceptanceStore({
    connection: { ...connection, identity: async () => "ann" },
    wallClock: Date.now,
  });
  await store.change(
    { kind: "pause", until: undefined, notice: { en: "We continue at noon." } },
    "the hall is counted",
  );

  t.test("the console says so on every page, and resumes by the keyboard alone", async (t) => {
    const { page, context, troubles } = await visit(browser, stage.consoleUrl);
    const bar = page.locator(".paused-bar");
    await reloadUntil(page, () => bar.isVisible(), "the header says so");
    await picture(page, "console-overview");
    await bar.getByRole("link").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Acceptance" }).waitFor();
    await examine(t, page, themes);
    await picture(page, "console-acceptance");
    await page.locator("#resume-why").focus();
    await page.keyboard.press("Enter");
    await page.locator("#resume-why-error").waitFor();
    await hasFocus(page, "#resume-why");
    await page.keyboard.type("counted");
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("Resumed").waitFor();
    t.equal(await bar.count(), 0);
    t.match(await store.read(), { state: "open", why: "counted" });
    t.strictSame(troubles, []);
    await context.close();
  });
});
