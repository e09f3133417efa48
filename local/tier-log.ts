/**
 * Turns what the processes print into what a person wants to see while they run: warnings and worse, one short line
 * each. The whole output goes to the log files; not here.
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

/** What a log quotes may come from anybody on the network: it must not steer the terminal. */
function shownText(text: string): string {
  return plain(text.slice(0, maxCharacters));
}

/**
 * @param line as a process printed it: a line of its JSON log, or anything else, such as the trace of a crash
 * @returns how it reads, undefined when it is not worth a look
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
  /** @returns the text to print, undefined to print nothing */
  pass(text: string): string | undefined;
}

/**
 * Keeps an error that lasts from drowning all else: the same text passes once per interval, with the number of those
 * that were held back.
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
