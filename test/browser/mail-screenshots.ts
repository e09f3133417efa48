/**
 * Writes a picture of every mail, in every language, in a wide and a narrow pane, light and dark, to
 * docs/screenshots/mail/: `node test/browser/mail-screenshots.ts`. For people to review.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mailKinds } from "../../shared/mail/mail-pack.ts";
import { languages } from "../../shared/page/language.ts";
import { loadEvent } from "../../shared/registration/event-definition.ts";
import { createMailContent } from "../../worker/mail/mail-content.ts";
import { openChromium, skip } from "./chromium.ts";
import { toPalettePng } from "./palette-png.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, "docs", "screenshots", "mail");
const publicUrl = "https://summit.example.org";

const panes = [
  { name: "desktop", width: 640, colorScheme: "light" },
  { name: "phone", width: 390, colorScheme: "light" },
  { name: "dark", width: 390, colorScheme: "dark" },
] as const;

if (skip) throw new Error(skip);
mkdirSync(folder, { recursive: true });
const { contentOf } = createMailContent({ event: loadEvent(join(root, "event.json")), publicUrl });
const browser = await openChromium();
try {
  let bytes = 0;
  for (const { name: pane, width, colorScheme } of panes) {
    const page = await browser.newPage({ viewport: { width, height: 400 }, colorScheme });
    for (const kind of mailKinds) {
      for (const language of languages) {
        const { html } = contentOf(kind, language);
        const filled = html.replace("{{link}}", `${publicUrl}/registrations/receipt`);
        await page.setContent(filled.replace("{{reference}}", "W7K3-M9XA"));
        const png = toPalettePng(await page.screenshot({ fullPage: true }));
        writeFileSync(join(folder, `${kind}-${language}-${pane}.png`), png);
        bytes += png.length;
      }
    }
    await page.close();
  }
  const count = panes.length * mailKinds.length * languages.length;
  console.log(`${count} pictures, ${Math.ceil(bytes / 1_024)} KiB, in ${folder}`);
} finally {
  await browser.close();
}
