/**
 * Counts the requests of each client in windows of a minute, which begin with the client's first request: those that are
 * rejected together do not come back together.
 *
 * Clients with an IPv6 address are counted by their network of 64 bits, in which a single client has as many addresses
 * as it likes.
 */
import { unmapped } from "./client-address.ts";

export interface ClientLimit {
  /** Counts a request. @returns 0 when it is within the limit, otherwise the whole seconds until the next window */
  secondsToWait(ip: string): number;
}

export interface ClientLimitOptions {
  /** Requests in a window. */
  readonly max: number;
  /** Clients counted at once; the one whose window began first is forgotten for another. Default: 20,000. */
  readonly maxClients?: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

interface Window {
  endsAt: number;
  requests: number;
}

const windowMs = 60_000;
const defaultMaxClients = 20_000;
const networkGroups = 4;
const allGroups = 8;

/**
 * @param ip in the form in which Node and the proxies write it, without leading zeros
 * @returns what stands for the client: an IPv4 address, or the first 64 bits of another one
 */
export function clientOf(ip: string): string {
  if (!ip.includes(":")) return ip;
  if (ip.includes(".")) return unmapped(ip);
  const gap = ip.indexOf("::");
  const head = (gap === -1 ? ip : ip.slice(0, gap)).split(":").filter(Boolean);
  if (head.length >= networkGroups) return head.slice(0, networkGroups).join(":");
  const tail =
    gap === -1
      ? []
      : ip
          .slice(gap + 2)
          .split(":")
          .filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, allGroups - head.length - tail.length) }, () => "0");
  return [...head, ...zeros, ...tail].slice(0, networkGroups).join(":");
}

export function createClientLimit({ max, maxClients = defaultMaxClients, now }: ClientLimitOptions): ClientLimit {
  /** In the order in which the windows began. */
  const windows = new Map<string, Window>();

  function forgetFirst(): void {
    const first = windows.keys().next();
    if (!first.done) windows.delete(first.value);
  }

  function begin(client: string, at: number): void {
    // At the end of the order again.
    windows.delete(client);
    if (windows.size >= maxClients) forgetFirst();
    windows.set(client, { endsAt: at + windowMs, requests: 1 });
  }

  return {
    secondsToWait(ip) {
      const client = clientOf(ip);
      const at = now();
      const window = windows.get(client);
      if (window === undefined || at >= window.endsAt) {
        begin(client, at);
        return 0;
      }
      if (window.requests >= max) return Math.ceil((window.endsAt - at) / 1_000);
      window.requests += 1;
      return 0;
    },
  };
}
