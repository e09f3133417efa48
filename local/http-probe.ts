/** Checks whether an HTTP server answers. */
import { get } from "node:http";

/**
 * @param url of a local server
 * @param timeoutMs for the whole check
 * @returns the status; undefined without a timely answer; never throws
 */
export async function probe(url: string, timeoutMs = 1_000): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const request = get(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
    response.resume();
    response.once("error", () => resolve(undefined));
    response.once("end", () => resolve(response.statusCode));
  });
  request.once("error", () => resolve(undefined));
  return promise;
}
