/** Contents of registrations as numbers, to compare millions of them. */
import { hash } from "node:crypto";
import { withoutExpired } from "../../shared/registration/answer-expiry.ts";

function canonical(name: unknown, answers: unknown): string {
  const entries = typeof answers === "object" && answers !== null ? Object.entries(answers) : [["", answers]];
  return JSON.stringify([name, entries.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))]);
}

/**
 * @param leftOut ids of answers that do not count
 * @returns 48 bits of the content's hash, exact in a double
 */
export function contentDigest(name: unknown, answers: unknown, leftOut: ReadonlySet<string> = new Set()): number {
  const counted = typeof answers === "object" && answers !== null ? withoutExpired(answers, leftOut) : answers;
  return hash("sha256", canonical(name, counted), "buffer").readUIntBE(0, 6);
}
