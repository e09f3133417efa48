/** Whom a stress run may be sent at: this machine, or what somebody says is theirs. */
import { TurnoutError } from "../../shared/errors.ts";

/** @returns whether a URL leads to this machine and nowhere else */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * @param url undefined for the local stack
 * @param owned whether the person said so
 * @throws TURNOUT_USAGE_INVALID for a target elsewhere of which nobody said that it is theirs
 */
export function requireOwnTarget(url: string | undefined, owned: boolean): void {
  if (url === undefined || owned || isLoopback(url)) return;
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    `${new URL(url).host} is not this machine. Load of this kind is an attack on whoever did not ask for it, and costs the ` +
      "owner money. If it is yours, say so with --i-own-this-target.",
  );
}
