/** Keeps the event pages that were rendered, by what was ordered when: the same bytes for everybody until it changes. */
import { hasText, type Acceptance } from "../../shared/acceptance/acceptance.ts";
import type { AcceptanceWatch } from "../../shared/acceptance/acceptance-watch.ts";
import type { Representation } from "./representation.ts";

type Kept = Map<string, Representation>;

/** @returns a function that renders a page when it is first asked for, by a key that names language and phase */
export function createEventPageCache({ latest, isPaused }: Pick<AcceptanceWatch, "isPaused" | "latest">) {
  const plain: Kept = new Map();
  /** Forgotten with the order. */
  const paused = new WeakMap<Acceptance, Kept>();
  const announced = new WeakMap<Acceptance, Kept>();

  function keptNow(): Kept {
    const ordered = latest();
    const isPausedNow = isPaused();
    if (!isPausedNow && !hasText(ordered.notice)) return plain;
    const byOrder = isPausedNow ? paused : announced;
    const kept = byOrder.get(ordered) ?? new Map<string, Representation>();
    byOrder.set(ordered, kept);
    return kept;
  }

  return (key: string, render: () => Representation): Representation => {
    const kept = keptNow();
    const page = kept.get(key) ?? render();
    kept.set(key, page);
    return page;
  };
}
