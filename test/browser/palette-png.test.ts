import t from "tap";
import { openChromium, skip } from "./chromium.ts";
import { readPng, toPalettePng } from "./palette-png.ts";

t.test("keeps what a screenshot shows, in fewer bytes", { skip }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 300, height: 200 } });
  await page.setContent("<body style='margin:0;background:#1f5c4a;color:#fff'><h1>Turnout</h1><p>of the North");
  const png = await page.screenshot();
  const small = toPalettePng(png);
  t.ok(small.length < png.length, `${small.length} of ${png.length} bytes`);
  t.equal(readPng(png).pixels.at(-1), 0x1f5c4a);

  await page.setContent(`<img src="data:image/png;base64,${small.toString("base64")}">`);
  const [width, height] = await page.evaluate<[number, number]>(
    "document.images[0].decode().then(() => [document.images[0].naturalWidth, document.images[0].naturalHeight])",
  );
  t.strictSame([width, height], [300, 200], "a browser can read it");
  await page.setContent(
    `<body style="margin:0"><img style="display:block" src="data:image/png;base64,${small.toString("base64")}">`,
  );
  const again = readPng(await page.screenshot());
  const original = readPng(png);
  const different = original.pixels.filter((pixel, at) => pixel !== again.pixels[at]).length;
  t.ok(different < original.pixels.length / 100, `${different} of ${original.pixels.length} pixels differ`);
});

t.test("rejects what it cannot read", async (t) => {
  t.throws(() => readPng(Buffer.from("no picture")), { message: /not one of Chromium's/ });
});
