/** Checks whether an HTTP server answers, however long a busy machine lets it wait. */
import { probe as probeWithin } from "../../local/http-probe.ts";

/** Where nobody listens, it is known at once. */
const timeoutMs = 30_000;

/** @returns the status; undefined where nobody answers */
export function probe(url: string): Promise<number | undefined> {
  return probeWithin(url, timeoutMs);
}
