/** Checks a site from outside: encryption, security headers, caching, and that the origin is reachable through CloudFront only. */
import { connect } from "node:net";
import { failed, ok, skipped, type Check } from "./checklist.ts";
import { askSite } from "./site.ts";

export interface EdgeCheckOptions {
  /** The event page, https. */
  readonly url: string;
  /** Host name of the load balancer behind CloudFront. */
  readonly originHost: string;
  readonly signal: AbortSignal;
  /** TCP ports that must be closed. Default: 80 and 443. */
  readonly originPorts?: readonly number[];
  /** The event page by http. Default: port 80 of the same host. */
  readonly plainUrl?: string;
}

/** CloudFormation compares templates, and not what is there. */
const deployAgain = "Deploy again; where it was changed by hand, with --revert-drift.";
const connectTimeoutMs = 4_000;
/** CloudFront has many caches; one of a few requests meets one that has the page. */
const cacheTries = 4;
const unknownReceipt = "/registrations/turnout-verify";
const json = "application/json";

/** As `infra/edge.ts` sets them on every response. */
const securityHeaders: Readonly<Record<string, RegExp>> = {
  "strict-transport-security": /max-age=\d{7,}/,
  "x-content-type-options": /^nosniff$/i,
  "x-frame-options": /^DENY$/i,
  "referrer-policy": /no-referrer/,
  "content-security-policy": /default-src 'none'/,
};

function isHit(headers: Headers): boolean {
  return /hit from cloudfront/i.test(headers.get("x-cache") ?? "");
}

/** @returns false for an unknown host, a refused connection or a timeout */
function connects(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  const end = (connected: boolean) => {
    socket.destroy();
    resolve(connected);
  };
  socket.setTimeout(connectTimeoutMs, () => end(false));
  socket.once("connect", () => end(true));
  socket.once("error", () => end(false));
  return promise;
}

/** Changes nothing. */
export async function checkEdge(options: EdgeCheckOptions): Promise<readonly Check[]> {
  const { url, originHost, originPorts = [80, 443], signal } = options;
  const plainUrl = options.plainUrl ?? url.replace(/^https:/, "http:");

  const get = (address: string | URL, accept = "*/*") => askSite(address, { headers: { accept } }, signal);

  async function page(): Promise<readonly Check[]> {
    const { status, headers, text } = await get(url, "text/html");
    const type = headers.get("content-type") ?? "";
    if (status !== 200 || !type.startsWith("text/html")) {
      const todo =
        status === 404
          ? "The load balancer has no rule for the origin's host name: docs/operations.md, First deployment."
          : "Check the web environment's health, and whether CloudFront reaches the load balancer.";
      return [failed("event page", `${status} ${type}`, todo)];
    }
    const wrong = Object.entries(securityHeaders).filter(([name, value]) => !value.test(headers.get(name) ?? ""));
    const said = wrong.map(([name]) => `${name}: ${headers.get(name) ?? "missing"}`).join("; ");
    const todo = `infra/edge.ts sets them on every answer, web/page/page-headers.ts the page's own. ${deployAgain}`;
    return [
      ok("event page", `200, ${text.length.toLocaleString("en")} characters`),
      wrong.length === 0
        ? ok("security headers", Object.keys(securityHeaders).join(", "))
        : failed("security headers", said, todo),
    ];
  }

  async function encryption(): Promise<Check> {
    const { status, headers } = await get(plainUrl);
    const to = headers.get("location") ?? "";
    if ([301, 307, 308].includes(status) && to.startsWith("https:")) return ok("https only", `${status} to ${to}`);
    return failed("https only", `${plainUrl} answers ${status}`, `infra/edge.ts redirects to https. ${deployAgain}`);
  }

  async function caching(): Promise<Check> {
    const name = "page is cached";
    for (let tries = 0; tries < cacheTries; tries += 1) {
      const { headers } = await get(url, "text/html");
      const rule = headers.get("cache-control") ?? "";
      if (isHit(headers) || Number(headers.get("age") ?? 0) > 0) return ok(name, `${rule}; answered by the cache`);
      // Shortly before an opening or closing the page is not cached.
      if (/(s-maxage|max-age)=0\b|no-store/.test(rule)) return skipped(name, `the web tier answers ${rule} for now`);
    }
    return failed(
      name,
      `none of ${cacheTries} responses came from the cache`,
      "Check the default behaviour's cache policy in infra/edge.ts.",
    );
  }

  /** With another query each time: a cache that keeps them apart is none in a rush. */
  async function progress(): Promise<Check> {
    const name = "progress is cached";
    const todo = `infra/edge.ts keeps it for a second, whatever the query. ${deployAgain}`;
    for (let tries = 1; tries <= cacheTries; tries += 1) {
      const { status, headers } = await get(new URL(`/progress?turnout-verify=${tries}`, url), json);
      if (status !== 200) return failed(name, `/progress answers ${status}`, todo);
      if (isHit(headers)) return ok(name, `${headers.get("cache-control")}; answered by the cache`);
    }
    return failed(name, `none of ${cacheTries} responses came from the cache`, todo);
  }

  async function statusPages(): Promise<Check> {
    const name = "status is never cached";
    const address = new URL(unknownReceipt, url);
    for (const { status, headers } of [await get(address, json), await get(address, json)]) {
      const rule = headers.get("cache-control") ?? "";
      if (status !== 404) return failed(name, `an unknown receipt is answered ${status}`, "Check the web tier.");
      if (isHit(headers) || !rule.includes("no-store")) {
        const todo = `A person could see somebody else's status. infra/edge.ts disables caching for /registrations*. ${deployAgain}`;
        return failed(name, `cache-control: ${rule || "missing"}, x-cache: ${headers.get("x-cache")}`, todo);
      }
    }
    return ok(name, "404 for an unknown receipt, no-store, from the web tier each time");
  }

  async function internalPaths(): Promise<Check> {
    const name = "nothing else is served";
    const { status } = await get(new URL("/metrics", url));
    if (status === 404) return ok(name, "/metrics is 404 at the edge");
    return failed(
      name,
      `/metrics answers ${status}`,
      `The function in infra/edge-request.js blocks it. ${deployAgain}`,
    );
  }

  async function origin(): Promise<Check> {
    const name = "origin is closed";
    const open = await Promise.all(
      originPorts.map(async (port) => ((await connects(originHost, port)) ? port : undefined)),
    );
    const ports = open.filter((port) => port !== undefined);
    if (ports.length === 0) return ok(name, `${originHost} does not answer from here`);
    const todo =
      "The load balancer must be internal, its security group open to CloudFront alone (infra/network.ts). From inside its network this check means nothing.";
    return failed(name, `${originHost} answers on port ${ports.join(", ")}`, todo);
  }

  /** Here, no answer is a failure, not an unknown. */
  async function check(name: string, work: () => Promise<Check | readonly Check[]>): Promise<readonly Check[]> {
    signal.throwIfAborted();
    try {
      return [await work()].flat();
    } catch (error) {
      signal.throwIfAborted();
      const todo = "Is the distribution deployed, does the DNS name point to it, does the certificate match?";
      return [failed(name, error instanceof Error ? error.message : String(error), todo)];
    }
  }

  return [
    ...(await check("event page", page)),
    ...(await check("https only", encryption)),
    ...(await check("page is cached", caching)),
    ...(await check("progress is cached", progress)),
    ...(await check("status is never cached", statusPages)),
    ...(await check("nothing else is served", internalPaths)),
    ...(await check("origin is closed", origin)),
  ];
}
