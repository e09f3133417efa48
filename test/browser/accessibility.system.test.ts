/** Every state of the page, in every look, under the rules of axe. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import t from "tap";
import { sticksOut } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openStage } from "./stage.ts";
import { dress, looksAt, states } from "./states.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResults {
  readonly violations: { readonly id: string; readonly nodes: { readonly html: string }[] }[];
  readonly passes: unknown[];
}

t.test("axe finds nothing", { skip, timeout: 120_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());

  for (const [index, state] of states.entries()) {
    t.test(`while the page is ${state.name}`, async (t) => {
      await state.show(browser, stage, async (page) => {
        await page.evaluate(axe);
        for (const look of looksAt(index)) {
          await dress(page, look);
          const { violations, passes } = await page.evaluate<AxeResults>(
            "axe.run({ resultTypes: ['violations', 'passes'] })",
          );
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
          t.strictSame(found, [], look.name);
          t.ok(passes.length > 15, `${look.name}: ${passes.length} rules were applied`);
          t.notOk(await sticksOut(page), `${look.name}: nothing sticks out`);
        }
      });
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
