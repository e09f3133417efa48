/** Makes whole pages: what every page has in common, put around what each one shows. */
import { join } from "node:path";
import { formatAge } from "../terminal/duration.ts";
import { loadTemplates } from "../shared/page/templates.ts";
import type { Assets } from "./assets.ts";

export interface ViewOptions {
  readonly assets: Assets;
  /** Which deployment this is, in words. */
  readonly deployment: string;
  readonly formToken: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export interface View {
  /** @param section which entry of the navigation is the current one */
  page(template: string, section: Section, title: string, data: object): string;
  /** A part of a page, without what is around it. */
  part(template: string, data: object): string;
}

export const sections = [
  { id: "overview", path: "/", title: "Overview" },
  { id: "dead-letters", path: "/dead-letters", title: "Dead letters" },
  { id: "registrations", path: "/registrations", title: "Registrations" },
  { id: "system", path: "/system", title: "System" },
] as const;

export type Section = (typeof sections)[number]["id"] | "none";

/** Characters that steer or that nobody sees: line breaks and tabs are left, they can be seen by what they do. */
const unseen = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** @returns the text with what cannot be seen written as an escape, so that it neither hides nor turns anything around */
export function visible(text: string): string {
  return text.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** @param value of a field, of whatever type */
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
    /** Seconds are enough for people. */
    utc: (time: string) => time.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC"),
    count: (value: number) => value.toLocaleString("en"),
  };
  return {
    page: (template, section, title, data) => render(template, { ...common, ...data, section, title }),
    part: (template, data) => render(template, { ...common, ...data }),
  };
}
