/** Everything that the console shows, in every look, under the rules of axe. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import t from "tap";
import { sticksOut } from "./attendee.ts";
import { skipUnlessLong } from "../equipment/run-length.ts";
import { openChromium, skip } from "./chromium.ts";
import { openConsoleStage } from "./console-stage.ts";
import { consoleStates } from "./console-states.ts";
import { dress, looksAt } from "./states.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResults {
  readonly violations: { readonly id: string; readonly nodes: { readonly html: string }[] }[];
  readonly passes: unknown[];
}

t.test("axe finds nothing in the console", { skip: skip || skipUnlessLong, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openConsoleStage();
  t.teardown(() => stage.close());

  for (const [index, state] of consoleStates.entries()) {
    t.test(`while it shows ${state.name}`, async (t) => {
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
});
