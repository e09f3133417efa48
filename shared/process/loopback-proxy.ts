/**
 * Keeps requests to this machine off a proxy. With `NODE_USE_ENV_PROXY=1` Node.js sends those of `fetch` and of its default
 * agents through `HTTP_PROXY`, also to 127.0.0.1, where the proxy has nothing to offer.
 * https://nodejs.org/api/cli.html#node_use_env_proxy1
 */
import type { Environment } from "./environment.ts";

const loopbackHosts = ["127.0.0.1", "localhost", "::1", "[::1]"];

/**
 * @returns variables to set before the first request, for this process and those that it starts; the lower-case one wins
 *   where both are set, so both are
 */
export function withoutLoopback(env: Environment): Readonly<Record<"NO_PROXY" | "no_proxy", string>> {
  const given = (env.no_proxy || env.NO_PROXY || "").split(/[\s,]+/).filter((host) => host !== "");
  const hosts = given.includes("*") ? given : [...new Set([...given, ...loopbackHosts])];
  return { NO_PROXY: hosts.join(","), no_proxy: hosts.join(",") };
}
