/**
 * Refuses form posts that another site sent in an attendee's name. A form is the one request that a browser sends across
 * sites without asking first; JSON would need a CORS permission, which nobody gets.
 */
import type { FastifyRequest } from "fastify";
import { TurnoutError } from "../shared/errors.ts";

/**
 * Browsers say by `Sec-Fetch-Site` where a request comes from; older ones send an `Origin`, which is compared with the
 * host that was asked. A program sends neither and is let through: it has no victim's cookies or address to abuse.
 * @throws TURNOUT_ORIGIN_REFUSED
 */
export function refuseForeignForm({ headers, host }: Pick<FastifyRequest, "headers" | "host">): void {
  const site = headers["sec-fetch-site"];
  const foreign =
    site === undefined
      ? headers.origin !== undefined && hostOf(headers.origin) !== host
      : site !== "same-origin" && site !== "none";
  if (foreign) {
    throw new TurnoutError("TURNOUT_ORIGIN_REFUSED", "Open the event's own page and send the form from there.");
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
