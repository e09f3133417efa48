/**
 * Tells a program on this machine from a web page that somebody on it looks at: every page may send requests to loopback, and
 * an engine that answers it would hand out the registrations. The AWS clients send neither an Origin nor what browsers add
 * by themselves, and they name the engine by its own name; a page under a name that was rebound to 127.0.0.1 cannot.
 */
import type { IncomingHttpHeaders } from "node:http";

/** With any port: what is forwarded here has the one of its own listener, and no page can choose another name. */
const ownName = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;

/** @returns why a request is rejected, undefined for one of a program on this machine */
export function browserRejection(headers: IncomingHttpHeaders): string | undefined {
  if (!ownName.test(headers.host ?? "")) return "This engine answers to 127.0.0.1 and localhost only.";
  if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined || headers.referer !== undefined) {
    return "This engine answers programs, and no web pages.";
  }
  return undefined;
}
