/**
 * Decides who may use the console. It listens on loopback only, but any web page in a browser on this machine can send
 * requests there, and so can any other account of the machine. Protection against
 *
 *     DNS rebinding to 127.0.0.1              the Host must be one of ours
 *     forms and scripts of other sites        the Origin must be ours, and forms carry a token that only our pages hold
 *     other accounts of this machine          a cookie, set by the link that the console prints at its start
 *
 * SameSite cookies are not enough: a page on another port of 127.0.0.1 is of the same site.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { TurnoutError } from "../shared/errors.ts";

export interface AccessGuardOptions {
  /** The secret of this start, which the link carries. */
  readonly key: string;
  /** Let everybody on this machine in without the link. For stacks without personal data. */
  readonly openToMachine: boolean;
  /** TCP port; a function, because it is only known once the console listens. */
  readonly port: () => number;
}

/** Decided before the body of a request is read. */
export type Admission =
  | { readonly kind: "pass"; readonly cookie?: string }
  /** The link was right: the browser gets its cookie and is redirected, so that the token leaves the address bar. */
  | { readonly kind: "signed-in"; readonly cookie: string }
  | { readonly kind: "wrong-host" }
  | { readonly kind: "locked"; readonly why: "no-cookie" | "wrong-link" };

export interface AccessGuard {
  /** @throws TURNOUT_ORIGIN_REFUSED */
  admit(request: Pick<FastifyRequest, "method" | "headers" | "url">): Admission;
  /** In the field `formToken` of each of our forms. */
  readonly formToken: string;
  /** @param given from the body of a request that changes something. @throws TURNOUT_ORIGIN_REFUSED */
  checkFormToken(given: unknown): void;
}

/** Nothing secret: the health check and the files of the console itself. */
const publicPaths = /^\/(health$|assets\/)/;

function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/**
 * Splits a URL as the router does. `URL` would throw for `//[` and take `x` of `//x/health` for a host, so that guard and
 * router would see different paths.
 */
function partsOf(url: string) {
  const [pathname = "", ...rest] = url.split("?");
  return { pathname, query: new URLSearchParams(rest.join("?")) };
}

function reject(): never {
  throw new TurnoutError(
    "TURNOUT_ORIGIN_REFUSED",
    "Nothing was changed: the request did not come from a page of this console. Open the console and try again there.",
  );
}

export function createAccessGuard({ key, openToMachine, port }: AccessGuardOptions): AccessGuard {
  const derive = (purpose: string) => createHmac("sha256", key).update(purpose).digest("base64url");
  const session = derive("session");
  const formToken = derive("form");
  const hosts = () => ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port()}`);
  // Cookies are shared by all ports of a host: two consoles would overwrite each other's.
  const cookieName = () => `turnout-console-${port()}`;
  const cookie = () => `${cookieName()}=${session}; Path=/; HttpOnly; SameSite=Strict`;

  function isForeign(headers: FastifyRequest["headers"]): boolean {
    const site = headers["sec-fetch-site"];
    return site !== undefined && site !== "same-origin" && site !== "none";
  }

  return {
    formToken,
    admit({ method, headers, url }) {
      if (!hosts().includes(headers.host ?? "")) return { kind: "wrong-host" };
      const { pathname, query } = partsOf(url);
      const reads = method === "GET" || method === "HEAD";
      if (reads && publicPaths.test(pathname)) return { kind: "pass" };
      if (!reads && (headers.origin !== `http://${headers.host}` || isForeign(headers))) reject();
      // Another site may link here, but not load from here.
      if (reads && isForeign(headers) && headers["sec-fetch-mode"] !== "navigate") reject();
      const token = query.get("token");
      if (reads && pathname === "/" && token !== null) {
        return same(token, key) ? { kind: "signed-in", cookie: cookie() } : { kind: "locked", why: "wrong-link" };
      }
      if (same(cookieValue(headers.cookie, cookieName()) ?? "", session)) return { kind: "pass" };
      if (openToMachine && reads) return { kind: "pass", cookie: cookie() };
      return { kind: "locked", why: "no-cookie" };
    },
    checkFormToken(given) {
      if (typeof given !== "string" || !same(given, formToken)) reject();
    },
  };
}
