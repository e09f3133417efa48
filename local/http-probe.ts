/** One short look at whether an HTTP server answers. */
import { get } from "node:http";

/**
 * @param url of a server on this machine
 * @param timeoutMs bound on the whole look
 * @returns the status it answered with, undefined when nothing answered in time; never throws
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
