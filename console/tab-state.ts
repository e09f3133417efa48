/** The state of the deployment as a browser's tab shows it: in the first words of the title, and as an icon with a shape. */
import type { AcceptanceOutput } from "../admin/acceptance/acceptance-view.ts";
import { assess, type Assessment } from "./assessment.ts";
import type { Snapshot } from "./watch.ts";

export interface TabState {
  /** A sign and a few words, such as `▲ 37 dead letters`. */
  readonly words: string;
  /** File among the assets. */
  readonly icon: string;
}

/** No sign relies on its colour: each has a shape of its own, in the title and in the icon. */
const signs: Readonly<Record<Assessment["level"], string>> = {
  ok: "✓",
  busy: "●",
  attention: "▲",
  trouble: "✖",
  unknown: "…",
};

/** @returns the state; a pause is told where nothing is worse */
export function toTabState(snapshot: Snapshot, acceptance?: Pick<AcceptanceOutput, "paused">): TabState {
  const { level, brief } = assess(snapshot);
  const isPaused = acceptance?.paused === true && level !== "trouble";
  const shown = isPaused ? "attention" : level;
  return {
    words: `${signs[shown]} ${isPaused ? `Paused${level === "ok" ? "" : `, ${brief}`}` : brief}`,
    icon: `icon-${shown}.svg`,
  };
}

/** @returns the title of a page: the state first; where a form has an error, that comes before it */
export function titleWith({ words }: TabState, page: string, event: string | undefined): string {
  const parts = page.startsWith("Error: ") ? [page, words] : [words, page];
  return [...parts, event ?? "Turnout console"].join(" – ");
}
