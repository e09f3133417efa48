/**
 * Puts a stack's events into lines that a person can follow, and keeps the first failure apart: CloudFormation then cancels
 * all the rest, which buries it.
 */
import { formatSeconds } from "../../terminal/duration.ts";
import { plain } from "../../shared/process/terminal-text.ts";
import type { StackEvent } from "./stack-events.ts";

export interface StackProgressOptions {
  /** Names of resources by which people know them, by logical id; others go by that. */
  readonly titles: ReadonlyMap<string, string>;
  /** How many resources will be done with in the end; undefined where that is not known. */
  readonly total: number | undefined;
  readonly note: (line: string) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

export interface StackProgress {
  /** Shows what is done, and now and then what still goes on. */
  show(events: readonly StackEvent[]): void;
  title(logicalId: string): string;
  /** The failure that came first, of something in a stack before one of the stack itself. */
  firstFailure(): StackEvent | undefined;
  /** Everything that failed for a reason of its own, each once, with its last reason. */
  failures(): readonly StackEvent[];
}

const quietMs = 60_000;
const words: Readonly<Record<string, string>> = {
  CREATE_COMPLETE: "created",
  UPDATE_COMPLETE: "updated",
  DELETE_COMPLETE: "deleted",
  DELETE_SKIPPED: "kept",
  IMPORT_COMPLETE: "imported",
};
const doing: Readonly<Record<string, string>> = { CREATE: "creating", UPDATE: "updating", DELETE: "deleting" };

/** What fails only because something else did. */
function isConsequence({ reason }: StackEvent): boolean {
  return /^Resource (creation|update|deletion) cancelled/i.test(reason);
}

export function createStackProgress({ titles, total, note, now }: StackProgressOptions): StackProgress {
  const done = new Set<string>();
  const pending = new Map<string, { readonly word: string; readonly since: number }>();
  const failed = new Map<string, StackEvent>();
  let first: StackEvent | undefined;
  let ofStack: StackEvent | undefined;
  let shownAt = now();

  const title = (logicalId: string) => titles.get(logicalId) ?? logicalId;

  function say(line: string): void {
    shownAt = now();
    note(line);
  }

  function take(event: StackEvent): void {
    const { at, logicalId, type, status, reason } = event;
    const key = `${event.stack}/${logicalId}`;
    const clock = at.slice(11, 19);
    if (status.endsWith("_IN_PROGRESS")) {
      const word = doing[status.split("_")[0] ?? ""] ?? "working on";
      if (!event.ofStack)
        pending.set(key, { word: `${word} ${title(logicalId)}`, since: pending.get(key)?.since ?? now() });
      return;
    }
    pending.delete(key);
    if (status.endsWith("_FAILED")) {
      if (event.ofStack) {
        ofStack ??= event;
        return;
      }
      if (isConsequence(event)) return;
      first ??= event;
      failed.set(key, event);
      say(`${clock}  FAILED   ${title(logicalId)} (${type}): ${plain(reason)}`);
      return;
    }
    const word = words[status];
    if (event.ofStack || word === undefined) return;
    failed.delete(key);
    done.add(key);
    const count = total === undefined ? "" : `[${Math.min(done.size, total)}/${total}] `;
    say(`${clock}  ${word.padEnd(7)}  ${count}${title(logicalId)} (${type})`);
  }

  return {
    title,
    show(events) {
      for (const event of events) take(event);
      if (now() - shownAt < quietMs || pending.size === 0) return;
      const longest = [...pending.values()].toSorted((a, b) => a.since - b.since).slice(0, 3);
      const all = longest.map(({ word, since }) => `${word} (${formatSeconds((now() - since) / 1_000)})`).join(", ");
      const more = pending.size > longest.length ? `, and ${pending.size - longest.length} more` : "";
      say(`          … ${all}${more}`);
    },
    firstFailure: () => first ?? ofStack,
    failures: () => [...failed.values()],
  };
}
