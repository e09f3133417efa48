/**
 * Writes pictures of what the console shows to docs/screenshots/console/: `node test/browser/console-screenshots.ts`.
 * For people to review, and to compare after a change of its design.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openChromium, skip } from "./chromium.ts";
import { openConsoleStage } from "./console-stage.ts";
import { consoleStates } from "./console-states.ts";
import { toPalettePng } from "./palette-png.ts";
import { dress, themes } from "./states.ts";

/** In pixels: a list of fifty tells no more than its beginning. */
const tallest = 2_000;
const folder = join(import.meta.dirname, "..", "..", "docs", "screenshots", "console");
/** Of which pages further themes are worth their bytes. */
const furtherThemes: Readonly<Record<string, readonly string[]>> = {
  "overview-spike": ["phone", "dark"],
  "dead-letters": ["phone"],
  "dead-letter": ["dark"],
};

if (skip) throw new Error(skip);
mkdirSync(folder, { recursive: true });
const browser = await openChromium();
const stage = await openConsoleStage();
try {
  let [pictures, bytes] = [0, 0];
  for (const state of consoleStates) {
    await state.show(browser, stage, async (page) => {
      const further = furtherThemes[state.name] ?? [];
      for (const theme of themes.filter(({ name }, index) => index === 0 || further.includes(name))) {
        await dress(page, theme);
        const height = await page.evaluate<number>("document.documentElement.scrollHeight");
        await page.setViewportSize({ width: theme.width, height: Math.min(height, tallest) });
        const png = toPalettePng(await page.screenshot());
        writeFileSync(join(folder, `${state.name}-${theme.name}.png`), png);
        pictures += 1;
        bytes += png.length;
      }
    });
  }
  console.log(`${pictures} pictures, ${Math.ceil(bytes / 1_024)} KiB, in ${folder}`);
} finally {
  await browser.close();
  await stage.close();
}
