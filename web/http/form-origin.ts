/**
 * Rejects form posts from other sites. A form is the one request that browsers send across sites without a CORS check.
 * What this protects against is in docs/decisions/0009.
 */
import type { FastifyRequest } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";

/**
 * `Sec-Fetch-Site` decides when present. Older browsers and plain HTTP send `Origin`: the site's own, or `null` from
 * our pages because of their referrer policy. Programs send neither and are let through: they abuse no victim's
 * session.
 * @param publicOrigin the site's own, such as `https://summit.example.org`. When unknown, `Host` is used; never
 *   `X-Forwarded-Host`, which any client can set.
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
