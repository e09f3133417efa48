/** Everything that the console shows, in every theme, under the rules of axe. */
import t from "tap";
import { skipUnlessLong } from "../equipment/run-length.ts";
import { visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openConsoleStage } from "./console-stage.ts";
import { consoleStates } from "./console-states.ts";
import { examine } from "./examination.ts";
import { openReadOnlyConsole, readOnlyStates, readOnlyThemes, showReadOnly } from "./read-only-states.ts";
import { looksAt } from "./states.ts";

t.test("axe finds nothing in the console", { skip: skip || skipUnlessLong, timeout: 600_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openConsoleStage();
  t.teardown(() => stage.close());

  for (const [index, state] of consoleStates.entries()) {
    t.test(`while it shows ${state.name}`, async (t) => {
      await state.show(browser, stage, (page) => examine(t, page, looksAt(index)));
    });
  }
});

t.test(
  "axe finds nothing in a console that only shows",
  { skip: skip || skipUnlessLong, timeout: 600_000 },
  async (t) => {
    const browser = await openChromium();
    t.teardown(() => browser.close());
    const stage = await openConsoleStage();
    t.teardown(() => stage.close());
    const console = await openReadOnlyConsole(browser, stage);
    t.teardown(() => console.close());

    for (const state of readOnlyStates) {
      t.test(`while it shows ${state.name}`, async (t) => {
        const { page, context } = await visit(browser, console.url + state.path);
        await showReadOnly(page, state, console);
        t.equal(await page.locator(".badge.read-only").textContent(), "read-only");
        t.ok(await page.locator(".paused-bar").isVisible(), "and that registration is paused");
        await examine(t, page, readOnlyThemes);
        await context.close();
      });
    }
  },
);
