/** Renders pages: adds what all pages have in common to what each one shows. */
import { join } from "node:path";
import { formatAge } from "../terminal/duration.ts";
import type { ZonedTimes } from "../terminal/zoned-times.ts";
import { loadTemplates } from "../shared/page/templates.ts";
import type { AcceptanceOutput } from "../admin/acceptance/acceptance-view.ts";
import type { Assets } from "./assets.ts";
import { titleWith, type TabState } from "./tab-state.ts";

export interface ViewOptions {
  readonly assets: Assets;
  /** Shown on every page. */
  readonly deployment: string;
  /** The same; undefined: no event is given. */
  readonly eventName: string | undefined;
  readonly formToken: string;
  /** For the header of every page. Default: not known. */
  readonly acceptance?: () => AcceptanceOutput | undefined;
  /** Shows no forms and no buttons. Default: false. */
  readonly readOnly?: boolean;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** In which zone times are shown. */
  readonly times: ZonedTimes;
  /** For the tab of every page. Default: not known. */
  readonly tab?: () => TabState;
}

export interface View {
  /** In which zone times are shown, and read where they name none. */
  readonly times: ZonedTimes;
  /** @returns the state for the tab of a page; the icon as its URL */
  tab(): TabState;
  /** @param section which entry of the navigation is the current one */
  page(template: string, section: Section, title: string, data: object): string;
  /** A part of a page, without the layout. */
  part(template: string, data: object): string;
}

export const sections = [
  { id: "overview", path: "/", title: "Overview" },
  { id: "dead-letters", path: "/dead-letters", title: "Dead letters" },
  { id: "replays", path: "/replays", title: "Replays" },
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

const untold: TabState = { words: "… Loading", icon: "icon-unknown.svg" };

export function createView(options: ViewOptions): View {
  const {
    assets,
    deployment,
    eventName,
    formToken,
    acceptance = () => undefined,
    readOnly = false,
    wallClock,
    times,
    tab = () => untold,
  } = options;
  const shownTab = () => {
    const { words, icon } = tab();
    return { words, icon: assets.url(icon) };
  };
  const render = loadTemplates(join(import.meta.dirname, "templates"));
  const common = {
    deployment,
    eventName,
    readOnly,
    formToken,
    sections,
    visible,
    visibleValue,
    asset: (file: string) => assets.url(file),
    ago: (time: string) => formatAge(time, wallClock()),
    time: times.full,
    zone: { name: times.timeZone, now: () => times.zoneAt(wallClock()) },
    count: (value: number) => value.toLocaleString("en"),
  };
  return {
    times,
    tab: shownTab,
    page(template, section, title, data) {
      const state = shownTab();
      const tabTitle = titleWith(state, title, eventName === undefined ? undefined : visible(eventName));
      return render(template, { ...common, acceptance: acceptance(), tab: state, ...data, section, title, tabTitle });
    },
    part: (template, data) => render(template, { ...common, ...data }),
  };
}
