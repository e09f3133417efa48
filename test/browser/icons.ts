/**
 * Draws the pictures that cannot be SVG, from the page's own icon: `npm run icons` writes them to web/page/assets/. They
 * are kept in the repository, since a tier has no browser to draw them with.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openChromium, skip } from "./chromium.ts";
import { toPalettePng } from "./palette-png.ts";

const folder = join(import.meta.dirname, "..", "..", "web", "page", "assets");
const icon = readFileSync(join(folder, "icon.svg"), "utf8");
/** iOS and Android cut the corners themselves. */
const square = icon.replace(/ rx="\d+"/, "");
const green = /fill="(#[0-9a-f]{6})"/.exec(icon)?.[1] ?? "";

/** One picture inside an icon file, as PNG (https://learn.microsoft.com/en-us/previous-versions/ms997538(v=msdn.10)). */
function toIco(png: Buffer, size: number): Buffer {
  const head = Buffer.alloc(22);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(1, 4);
  head.writeUInt8(size, 6);
  head.writeUInt8(size, 7);
  head.writeUInt16LE(1, 10);
  head.writeUInt16LE(32, 12);
  head.writeUInt32LE(png.length, 14);
  head.writeUInt32LE(head.length, 18);
  return Buffer.concat([head, png]);
}

if (skip) throw new Error(skip);
const browser = await openChromium();
try {
  const draw = async (svg: string, background: string, width: number, height: number, side: number) => {
    const page = await browser.newPage({ viewport: { width, height } });
    const style = `margin:0;height:100vh;display:grid;place-items:center;background:${background}`;
    const sized = svg.replace("<svg ", `<svg style="width:${side}px;height:${side}px;display:block" `);
    await page.setContent(`<body style="${style}">${sized}</body>`);
    const png = await page.screenshot({ omitBackground: background === "transparent" });
    await page.close();
    return png;
  };
  const favicon = await draw(icon, "transparent", 32, 32, 32);
  const pictures = {
    "favicon.ico": toIco(favicon, 32),
    "touch-icon.png": toPalettePng(await draw(square, green, 180, 180, 180)),
    "share.png": toPalettePng(await draw(square, green, 1_200, 630, 420)),
  };
  for (const [name, bytes] of Object.entries(pictures)) {
    writeFileSync(join(folder, name), bytes);
    console.log(`${name}: ${bytes.length} bytes`);
  }
} finally {
  await browser.close();
}
