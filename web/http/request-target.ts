/**
 * The request target. Our own host name is configuration, so the request's host is not used; it only has to be
 * unambiguous.
 */
import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";

const schemeAndAuthority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * An absolute-form target (RFC 9112, 3.2.2), as sent to proxies, is reduced to path and query.
 * @returns the URL for the router
 */
export function pathOfRequestLine({ url = "/" }: Pick<IncomingMessage, "url">): string {
  if (url.startsWith("/")) return url;
  const path = url.replace(schemeAndAuthority, "");
  return path.startsWith("?") || path === "" ? `/${path}` : path;
}

/**
 * Two Host headers may be read differently by two servers (RFC 9112, 3.2: must be answered 400); Node silently keeps
 * the first.
 * @throws TURNOUT_REQUEST_INVALID
 */
export function rejectSecondHost({ raw }: FastifyRequest): void {
  const { rawHeaders } = raw;
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts > 1) throw new TurnoutError("TURNOUT_REQUEST_INVALID", "The request has more than one Host header.");
}
