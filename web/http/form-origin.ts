/**
 * Rejects form posts that another site sent in an attendee's name. A form is the one request that a browser sends across
 * sites without asking first; JSON would need a CORS permission, which nobody gets. What it protects from, and what not,
 * stands in docs/decisions/0009.
 */
import type { FastifyRequest } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";

/**
 * Browsers say by `Sec-Fetch-Site` where a request comes from, and then that decides. Older ones, and those that came over
 * plain HTTP, send an `Origin`: the site's own name, or the word null from our pages, which tell no site where one comes
 * from. A program sends neither and is let through: it has no victim's cookies or address to abuse.
 * @param publicOrigin the site's own, such as `https://summit.example.org`. Where it is not known, the host that was asked
 *   takes its place; `X-Forwarded-Host` never does, since whoever asks may write it.
 * @throws TURNOUT_ORIGIN_REFUSED
 */
export function rejectForeignForm({ headers }: Pick<FastifyRequest, "headers">, publicOrigin?: string): void {
  const { "sec-fetch-site": site, origin, host } = headers;
  if (site === undefined) {
    if (origin === undefined || origin === "null") return;
    if (publicOrigin === undefined ? hostOf(origin) === host?.toLowerCase() : origin === publicOrigin) return;
  } else if (site === "same-origin" || site === "none") return;
  throw new TurnoutError("TURNOUT_ORIGIN_REFUSED", "Open the event's own page and send the form from there.");
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
