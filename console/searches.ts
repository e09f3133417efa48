/**
 * Texts that were searched for, by a random id: an address must not be in a URL, which browsers and histories keep. In
 * memory only, the latest few hundred.
 */
import { randomBytes } from "node:crypto";

export interface Searches {
  /** @returns the id of a text; the same for the same text while it is kept */
  keep(text: string): string;
  /** @returns the text; undefined when it is no longer kept */
  find(id: string): string | undefined;
}

export function createSearches(maxKept = 300): Searches {
  const texts = new Map<string, string>();
  return {
    keep(text) {
      const known = [...texts].find(([, kept]) => kept === text)?.[0];
      const id = known ?? randomBytes(9).toString("base64url");
      // The latest is the last.
      texts.delete(id);
      texts.set(id, text);
      const [oldest] = texts.keys();
      if (texts.size > maxKept && oldest !== undefined) texts.delete(oldest);
      return id;
    },
    find: (id) => texts.get(id),
  };
}
