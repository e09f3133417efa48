import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import {
  accentError,
  accentStyle,
  colourSchemes,
  contrast,
  leastContrast,
  palettesOf,
  plainPalettes,
  readableAccent,
} from "../../../shared/page/accent.ts";

const style = readFileSync(join(import.meta.dirname, "../../../web/page/assets/page.css"), "utf8");

/** @returns the custom properties of the page in a scheme */
function propertiesOf(css: string, scheme: "light" | "dark"): Map<string, string> {
  const [light = "", dark = ""] = [...css.matchAll(/:root\s*\{([^}]*)\}/g)].map(([, rule = ""]) => rule);
  const rule = scheme === "light" ? light : dark;
  return new Map(
    [...rule.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name = "", colour = ""]) => [name, colour]),
  );
}

const rgb = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, "0")}`);

t.test("contrast is that of WCAG", async (t) => {
  t.equal(contrast("#ffffff", "#000000"), 21);
  t.equal(contrast("#777777", "#777777"), 1);
  // The grey next to the limit, as every checker has it.
  t.equal(contrast("#767676", "#ffffff").toFixed(2), "4.54");
  t.equal(contrast("#ffffff", "#777777").toFixed(2), "4.48");
});

t.test("the page's own colours are those that an accent replaces, and can be read", async (t) => {
  for (const scheme of colourSchemes) {
    const own = propertiesOf(style, scheme);
    const { accent, deep, onAccent, tint } = plainPalettes[scheme];
    t.same(
      [own.get("accent"), own.get("accent-deep"), own.get("on-accent"), own.get("tint")],
      [accent, deep, onAccent, tint],
    );
    for (const ground of ["paper", "sheet", "tint"]) {
      t.ok(contrast(accent, own.get(ground) ?? "") >= leastContrast, `${scheme} ${ground}`);
    }
    t.equal(accentError(scheme, accent), undefined);
  }
});

t.test("an accent that cannot be read is told with its contrast, what is needed, and one that can", async (t) => {
  t.match(
    accentError("light", "#ffcc00"),
    /^has a contrast of 1\.\d\d:1 on light pages, where buttons and links need 4\.5:1: give a darker colour, such as #[0-9a-f]{6}$/,
  );
  t.match(
    accentError("dark", "#1f5c4a"),
    /^has a contrast of \d\.\d\d:1 on dark pages.*give a lighter colour, such as #/,
  );
  t.equal(accentError("light", "#1F5C4A"), undefined);
  for (const scheme of colourSchemes) {
    fc.assert(fc.property(rgb, (colour) => accentError(scheme, readableAccent(scheme, colour)) === undefined));
  }
});

t.test("whatever accent is taken, everything is readable in both schemes", async () => {
  fc.assert(
    fc.property(rgb, (colour) => {
      const accent = readableAccent("light", colour);
      const css = accentStyle({ accent }) ?? "";
      return colourSchemes.every((scheme) => {
        const own = propertiesOf(css, scheme);
        const all = new Map([...propertiesOf(style, scheme), ...own]);
        const pairs = [
          ...["paper", "sheet", "tint"].map((ground) => ["accent", ground] as const),
          ...["accent", "accent-deep"].map((ground) => ["on-accent", ground] as const),
          ["ink", "tint"] as const,
        ];
        return own.size === 4 && pairs.every(([a, b]) => contrast(all.get(a) ?? "", all.get(b) ?? "") >= leastContrast);
      });
    }),
  );
});

t.test("dark pages have the accent made lighter, or one of their own; without an accent nothing changes", async (t) => {
  t.equal(palettesOf({ accent: "#1f5c4a" }).light.accent, "#1f5c4a");
  t.not(palettesOf({ accent: "#1f5c4a" }).dark.accent, "#1f5c4a");
  t.equal(palettesOf({ accent: "#1f5c4a", accentDark: "#FFCC00" }).dark.accent, "#ffcc00");
  t.equal(accentStyle({}), undefined);
  t.equal(palettesOf({}), plainPalettes);
});
