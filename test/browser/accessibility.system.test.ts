/** Every state of the page, in every theme, under the rules of axe. */
import t from "tap";
import { openChromium, skip } from "./chromium.ts";
import { axe, examine, type AxeResults } from "./examination.ts";
import { openStage } from "./stage.ts";
import { looksAt, states } from "./states.ts";

t.test("axe finds nothing", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());

  for (const [index, state] of states.entries()) {
    t.test(`while the page is ${state.name}`, async (t) => {
      await state.show(browser, stage, (page) => examine(t, page, looksAt(index)));
    });
  }

  t.test("and would find a control without a label", async (t) => {
    const page = await browser.newPage();
    await page.setContent("<html lang=en><title>x</title><main><h1>x</h1><input></main></html>");
    await page.evaluate(axe);
    const { violations } = await page.evaluate<AxeResults>("axe.run()");
    t.match(violations, [{ id: "label" }]);
    await page.close();
  });
});
