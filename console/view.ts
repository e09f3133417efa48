/** Renders pages: adds what all pages have in common to what each one shows. */
import { join } from "node:path";
import { formatAge } from "../terminal/duration.ts";
import { loadTemplates } from "../shared/page/templates.ts";
import type { Assets } from "./assets.ts";

export interface ViewOptions {
  readonly assets: Assets;
  /** Shown on every page. */
  readonly deployment: string;
  readonly formToken: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export interface View {
  /** @param section which entry of the navigation is the current one */
  page(template: string, section: Section, title: string, data: object): string;
  /** A part of a page, without the layout. */
  part(template: string, data: object): string;
}

export const sections = [
  { id: "overview", path: "/", title: "Overview" },
  { id: "dead-letters", path: "/dead-letters", title: "Dead letters" },
  { id: "registrations", path: "/registrations", title: "Registrations" },
  { id: "system", path: "/system", title: "System" },
] as const;

export type Section = (typeof sections)[number]["id"] | "none";

/** Control and invisible characters, except line breaks and tabs, whose effect is visible. */
const unseen = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** @returns the text with invisible characters escaped, so that nothing hides or reverses the direction of the text */
export function visible(text: string): string {
  return text.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** @param value of a field, of any type */
export function visibleValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return visible(typeof value === "string" ? value : JSON.stringify(value));
}

export function createView({ assets, deployment, formToken, wallClock }: ViewOptions): View {
  const render = loadTemplates(join(import.meta.dirname, "templates"));
  const common = {
    deployment,
    formToken,
    sections,
    visible,
    visibleValue,
    asset: (file: string) => assets.url(file),
    ago: (time: string) => formatAge(time, wallClock()),
    utc: (time: string) => time.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC"),
    count: (value: number) => value.toLocaleString("en"),
  };
  return {
    page: (template, section, title, data) => render(template, { ...common, ...data, section, title }),
    part: (template, data) => render(template, { ...common, ...data }),
  };
}
