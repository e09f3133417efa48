/**
 * An organiser's colour for buttons and links, on the grounds of pages and mails in both colour schemes, and whether it can
 * be read there.
 */

export const colourSchemes = ["light", "dark"] as const;
export type ColourScheme = (typeof colourSchemes)[number];

/** As in `web/page/assets/page.css`. */
const grounds = {
  light: { paper: "#f5f2ea", sheet: "#fffdf8" },
  dark: { paper: "#151411", sheet: "#1e1c18" },
} as const;

/** WCAG 2.2, 1.4.3: of text, and so of links and of what is written on buttons. */
export const leastContrast = 4.5;

export interface Palette {
  /** Of buttons and links. */
  readonly accent: string;
  /** Of a button under the pointer. */
  readonly deep: string;
  /** Of what is written on a button. */
  readonly onAccent: string;
  /** The ground of notes. */
  readonly tint: string;
}

export type Palettes = Readonly<Record<ColourScheme, Palette>>;

/** Without an accent of the organiser's: as in `page.css`. */
export const plainPalettes: Palettes = {
  light: { accent: "#1f5c4a", deep: "#174638", onAccent: "#ffffff", tint: "#e9f0ea" },
  dark: { accent: "#8ed2b5", deep: "#a9e0c8", onAccent: "#0c211a", tint: "#1f2c26" },
};

/** @param colour `#rrggbb` @returns red, green and blue, from 0 to 255 */
function channels(colour: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16));
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @returns from 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** @param share of the second colour, from 0 to 1 */
function mix(one: string, other: string, share: number): string {
  const others = channels(other);
  const mixed = channels(one).map((channel, index) => Math.round(channel + ((others[index] ?? 0) - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

const white = "#ffffff";
const black = "#000000";
const darkInk = "#11110e";

function paletteOf(scheme: ColourScheme, colour: string): Palette {
  const accent = colour.toLowerCase();
  const { sheet } = grounds[scheme];
  return scheme === "light"
    ? { accent, deep: mix(accent, black, 0.2), onAccent: white, tint: mix(sheet, accent, 0.08) }
    : { accent, deep: mix(accent, white, 0.25), onAccent: darkInk, tint: mix(sheet, accent, 0.1) };
}

/** @returns the smallest contrast of what is read: the accent on each ground, and the words on buttons */
function readability(scheme: ColourScheme, colour: string): number {
  const { accent, deep, onAccent, tint } = paletteOf(scheme, colour);
  const pairs = [...Object.values(grounds[scheme]), tint].map((ground) => [accent, ground] as const);
  return Math.min(
    ...[...pairs, [onAccent, accent] as const, [onAccent, deep] as const].map(([a, b]) => contrast(a, b)),
  );
}

/** @returns the nearest colour that can be read: darker on light grounds, lighter on dark ones */
export function readableAccent(scheme: ColourScheme, colour: string): string {
  const end = scheme === "light" ? black : white;
  const steps = Array.from({ length: 51 }, (_, step) => mix(colour, end, step / 50));
  return steps.find((candidate) => readability(scheme, candidate) >= leastContrast) ?? end;
}

/** @returns what is wrong with an accent on the grounds of a scheme, and what is allowed; undefined when nothing is */
export function accentError(scheme: ColourScheme, colour: string): string | undefined {
  const found = readability(scheme, colour);
  if (found >= leastContrast) return undefined;
  // Rounded down: 4.49 must not read as what is needed.
  const ratio = (Math.floor(found * 100) / 100).toFixed(2);
  return (
    `has a contrast of ${ratio}:1 on ${scheme} pages, where buttons and links need ${leastContrast}:1: ` +
    `give a ${scheme === "light" ? "darker" : "lighter"} colour, such as ${readableAccent(scheme, colour)}`
  );
}

export interface Accents {
  /** On light pages. */
  readonly accent?: string;
  /** On dark pages. Default: the accent, as much lighter as it takes to be read. */
  readonly accentDark?: string;
}

export function palettesOf({ accent, accentDark }: Accents): Palettes {
  if (accent === undefined) return plainPalettes;
  return {
    light: paletteOf("light", accent),
    dark: paletteOf("dark", accentDark ?? readableAccent("dark", accent)),
  };
}

/** @returns what follows `page.css`; undefined without an accent */
export function accentStyle(accents: Accents): string | undefined {
  if (accents.accent === undefined) return undefined;
  const { light, dark } = palettesOf(accents);
  const rule = ({ accent, deep, onAccent, tint }: Palette) =>
    `:root{--accent:${accent};--accent-deep:${deep};--on-accent:${onAccent};--tint:${tint}}`;
  return `${rule(light)}@media (prefers-color-scheme:dark){${rule(dark)}}\n`;
}
