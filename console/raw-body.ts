/** A dead letter's body as a page shows it: readable where it is JSON, bounded, with nothing that hides. */
import { visible } from "./view.ts";

export interface ShownBody {
  readonly text: string;
  /** Whether it was laid out anew, to be easier to read; the download has every byte as it came. */
  readonly formatted: boolean;
  /** How many characters are not shown. */
  readonly more: number;
  /** UTF-8. */
  readonly bytes: number;
}

const maxShownCharacters = 40_000;

function layOut(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? JSON.stringify(value, undefined, 2) : undefined;
  } catch {
    return undefined;
  }
}

export function showBody(body: string): ShownBody {
  const laidOut = layOut(body);
  const text = laidOut ?? body;
  return {
    text: visible(text.slice(0, maxShownCharacters)),
    formatted: laidOut !== undefined,
    more: Math.max(0, text.length - maxShownCharacters),
    bytes: Buffer.byteLength(body),
  };
}
