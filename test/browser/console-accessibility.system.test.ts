/** Everything that the console shows, in every theme, under the rules of axe. */
import t from "tap";
import { skipUnlessLong } from "../equipment/run-length.ts";
import { openChromium, skip } from "./chromium.ts";
import { openConsoleStage } from "./console-stage.ts";
import { consoleStates } from "./console-states.ts";
import { examine } from "./examination.ts";
import { looksAt } from "./states.ts";

t.test("axe finds nothing in the console", { skip: skip || skipUnlessLong, timeout: 240_000 }, async (t) => {
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
