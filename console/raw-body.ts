/** Prepares a dead letter's body for a page: JSON is formatted, the length bounded, invisible characters shown. */
import { visible } from "./view.ts";

export interface ShownBody {
  readonly text: string;
  /** Whether JSON was reformatted; the download has the original bytes. */
  readonly formatted: boolean;
  /** Number of characters that are not shown. */
  readonly more: number;
  /** UTF-8. */
  readonly bytes: number;
}

const maxShownCharacters = 40_000;

function format(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? JSON.stringify(value, undefined, 2) : undefined;
  } catch {
    return undefined;
  }
}

export function showBody(body: string): ShownBody {
  const formatted = format(body);
  const text = formatted ?? body;
  return {
    text: visible(text.slice(0, maxShownCharacters)),
    formatted: formatted !== undefined,
    more: Math.max(0, text.length - maxShownCharacters),
    bytes: Buffer.byteLength(body),
  };
}
