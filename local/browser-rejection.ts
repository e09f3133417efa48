/**
 * Distinguishes local programs from web pages: any page may send requests to loopback, and an engine that answered
 * would leak registrations. AWS clients send no Origin or other browser headers, and name the engine's own host; a page
 * with a DNS name rebound to 127.0.0.1 cannot.
 */
import type { IncomingHttpHeaders } from "node:http";

/** With any port: forwarded requests carry their listener's, and a page cannot choose another name. */
const ownName = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;

/** @returns why a request is rejected; undefined for a local program's */
export function browserRejection(headers: IncomingHttpHeaders): string | undefined {
  if (!ownName.test(headers.host ?? "")) return "This engine answers to 127.0.0.1 and localhost only.";
  if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined || headers.referer !== undefined) {
    return "This engine answers programs, and no web pages.";
  }
  return undefined;
}
