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

/**
 * For the pages of an engine, which a browser on this machine may open: by its address, by a link on any page, and from
 * one page to the next. Other sites may not load or frame them.
 * @returns why a request is rejected; undefined otherwise
 */
export function pageRejection(headers: IncomingHttpHeaders): string | undefined {
  const { host = "", origin } = headers;
  if (!ownName.test(host)) return "This page answers to 127.0.0.1 and localhost only.";
  const site = headers["sec-fetch-site"] ?? "none";
  const isOpened = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  const isForeign = site !== "none" && site !== "same-origin" && !isOpened;
  if (isForeign || (origin !== undefined && origin !== `http://${host}`)) {
    return "This page is for whoever opens it, and no other site loads it.";
  }
  return undefined;
}
