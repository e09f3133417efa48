/**
 * Who may use the console. It listens on loopback only, yet every page that a browser on this machine shows can send
 * requests there too, and so can every other account. What keeps each of them out:
 *
 *     a name that was rebound to 127.0.0.1        the Host must be one of ours
 *     a form or script of another site or port    the Origin must be ours, and the form carry a token that only our pages hold
 *     another account of this machine             a cookie, given for the link that whoever started the console was shown
 *
 * SameSite alone would not do: a page on another port of 127.0.0.1 is of the same site.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { TurnoutError } from "../shared/errors.ts";

export interface GateOptions {
  /** The secret of this start: whoever has it may come in. */
  readonly key: string;
  /** Let everybody on this machine in without the link. For stacks that hold nobody's data. */
  readonly openToMachine: boolean;
  /** TCP port; asked when a request comes, since it is known once the console listens. */
  readonly port: () => number;
}

/** What becomes of a request before its body is read. */
export type Admission =
  | { readonly kind: "pass"; readonly cookie?: string }
  /** The link was right: the browser gets its cookie, and the token leaves the address bar. */
  | { readonly kind: "welcome"; readonly cookie: string }
  | { readonly kind: "wrong-host" }
  | { readonly kind: "locked"; readonly why: "no-cookie" | "wrong-link" };

export interface Gate {
  /** @throws TURNOUT_ORIGIN_REFUSED */
  admit(request: Pick<FastifyRequest, "method" | "headers" | "url">): Admission;
  /** What every form of ours carries in the field `formToken`. */
  readonly formToken: string;
  /** @param given from the body of a request that changes something. @throws TURNOUT_ORIGIN_REFUSED */
  checkFormToken(given: unknown): void;
}

/** Files of the console itself and whether it lives: nothing that anybody must not see. */
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
 * Cut as the router cuts it. Not by `URL`, which throws at `//[`, and takes what follows two slashes for a host: the path of
 * `//x/health` would be another one here than there.
 */
function partsOf(url: string) {
  const [pathname = "", ...rest] = url.split("?");
  return { pathname, query: new URLSearchParams(rest.join("?")) };
}

function refuse(): never {
  throw new TurnoutError(
    "TURNOUT_ORIGIN_REFUSED",
    "Nothing was changed: the request did not come from a page of this console. Open the console and do it from there.",
  );
}

export function createGate({ key, openToMachine, port }: GateOptions): Gate {
  const derive = (purpose: string) => createHmac("sha256", key).update(purpose).digest("base64url");
  const session = derive("session");
  const formToken = derive("form");
  const hosts = () => ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port()}`);
  // Cookies know no ports: two consoles side by side would else take each other's away.
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
      if (!reads && (headers.origin !== `http://${headers.host}` || isForeign(headers))) refuse();
      // A link from elsewhere may lead here; a script or picture of another page may not.
      if (reads && isForeign(headers) && headers["sec-fetch-mode"] !== "navigate") refuse();
      const token = query.get("token");
      if (reads && pathname === "/" && token !== null) {
        return same(token, key) ? { kind: "welcome", cookie: cookie() } : { kind: "locked", why: "wrong-link" };
      }
      if (same(cookieValue(headers.cookie, cookieName()) ?? "", session)) return { kind: "pass" };
      if (openToMachine && reads) return { kind: "pass", cookie: cookie() };
      return { kind: "locked", why: "no-cookie" };
    },
    checkFormToken(given) {
      if (typeof given !== "string" || !same(given, formToken)) refuse();
    },
  };
}
