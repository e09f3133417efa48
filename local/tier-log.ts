/**
 * Condenses the processes' output for the terminal: warnings and worse, one short line each. The log files hold
 * everything.
 */
import { plain } from "../shared/process/terminal-text.ts";

export interface ReadableLine {
  readonly level: "warn" | "error" | "fatal";
  readonly text: string;
}

interface LogLine {
  readonly level?: unknown;
  readonly msg?: unknown;
  readonly err?: { readonly message?: unknown; readonly code?: unknown };
}

const shown = new Set(["warn", "error", "fatal"]);
const maxCharacters = 500;

function parse(line: string): LogLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}

/** Logs may quote anybody: control sequences must not reach the terminal. */
function shownText(text: string): string {
  return plain(text.slice(0, maxCharacters));
}

/**
 * @param line of a process: JSON log, or anything else such as a stack trace
 * @returns the display text; undefined to omit it
 */
export function readLogLine(line: string): ReadableLine | undefined {
  const log = parse(line);
  if (log === undefined) return line.trim() === "" ? undefined : { level: "warn", text: shownText(line) };
  if (typeof log.level !== "string" || !shown.has(log.level)) return undefined;
  const parts = typeof log.msg === "string" && log.msg !== "" ? [log.msg] : [];
  const cause = log.err?.message;
  if (typeof cause === "string" && cause !== log.msg) parts.push(cause);
  if (typeof log.err?.code === "string") parts.push(`(${log.err.code})`);
  return { level: log.level as ReadableLine["level"], text: shownText(parts.join(" ")) };
}

export interface Quieter {
  /** @returns the text to print; undefined to print nothing */
  pass(text: string): string | undefined;
}

/**
 * Limits a repeated text to one per interval, with the number of those omitted.
 * @param everyMs the interval; default 10 s
 * @param now milliseconds since the epoch
 */
export function createQuieter(everyMs = 10_000, now: () => number = Date.now): Quieter {
  const seen = new Map<string, { at: number; held: number }>();
  const maxTexts = 1_000;
  return {
    pass(text) {
      const entry = seen.get(text);
      const at = now();
      if (entry !== undefined && at - entry.at < everyMs) {
        entry.held += 1;
        return undefined;
      }
      if (seen.size >= maxTexts) seen.clear();
      seen.set(text, { at, held: 0 });
      return entry !== undefined && entry.held > 0 ? `${text} (and ${entry.held} times more)` : text;
    },
  };
}
