/** Requests a page of a deployment's site, and says why where there is no response. */

export interface SiteAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const timeoutMs = 20_000;

/** `fetch` has the cause behind "fetch failed". */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
  return cause.message === "" ? code : `${cause.message} (${code})`;
}

/**
 * @returns the response, whatever its status; redirects are not followed
 * @throws the signal's reason; an Error that says why there was no response
 */
export async function askSite(address: string | URL, init: RequestInit, signal: AbortSignal): Promise<SiteAnswer> {
  try {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const response = await fetch(address, { redirect: "manual", ...init, signal: bound });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${new URL(address).origin} gave no answer: ${reason(error)}`, { cause: error });
  }
}
