/**
 * What a request is addressed to. Our own name is configuration and our pages hold no other address than paths, so what
 * a request says about the host is not used for anything; it only has to be said once.
 */
import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";

const schemeAndAuthority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * A request line may hold a whole URL (RFC 9112, 3.2.2), as for a proxy. Of that only the path and query are ours.
 * @returns what the router is to look at
 */
export function pathOfRequestLine({ url = "/" }: Pick<IncomingMessage, "url">): string {
  if (url.startsWith("/")) return url;
  const path = url.replace(schemeAndAuthority, "");
  return path.startsWith("?") || path === "" ? `/${path}` : path;
}

/**
 * Two hosts mean two readers of one request that disagree (RFC 9112, 3.2: must be answered 400); Node
 * keeps the first one without a word.
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
