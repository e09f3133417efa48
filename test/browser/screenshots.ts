/**
 * Writes a picture of every state of the page, in every theme, to docs/screenshots/: `node test/browser/screenshots.ts`.
 * For people to review, and to compare after a change of the page's design.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openChromium, skip } from "./chromium.ts";
import { toPalettePng } from "./palette-png.ts";
import { openStage } from "./stage.ts";
import { dress, themes, states } from "./states.ts";

const folder = join(import.meta.dirname, "..", "..", "docs", "screenshots");

if (skip) throw new Error(skip);
mkdirSync(folder, { recursive: true });
const browser = await openChromium();
const stage = await openStage();
try {
  let bytes = 0;
  for (const state of states) {
    await state.show(browser, stage, async (page) => {
      for (const theme of themes) {
        await dress(page, theme);
        const png = toPalettePng(await page.screenshot({ fullPage: true }));
        writeFileSync(join(folder, `${state.name}-${theme.name}.png`), png);
        bytes += png.length;
      }
    });
  }
  console.log(`${states.length * themes.length} pictures, ${Math.ceil(bytes / 1_024)} KiB, in ${folder}`);
} finally {
  await browser.close();
  await stage.close();
}
