/**
 * How many registrations one client may send: the backstop behind the edge's own rule. Windows of a minute, each client's
 * beginning with its first request, so that those who were refused do not all come back in the same second.
 *
 * A client is an IPv4 address or an IPv6 /64: whoever has one IPv6 address has all of its network. Memory is bounded; in a
 * flood of addresses the client whose window is the oldest is forgotten first.
 */

export interface RateLimiter {
  /**
   * Counts one request.
   * @param address of the client, as the connection or a trusted proxy names it
   * @returns undefined while it may go on, otherwise the whole seconds until its window ends, 1 to 60
   */
  refusal(address: string): number | undefined;
}

export interface RateLimiterOptions {
  readonly perMinute: number;
  /** Clients remembered. */
  readonly maxClients: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

interface Window {
  readonly endsAt: number;
  count: number;
}

const windowMs = 60_000;

export function createRateLimiter({ perMinute, maxClients, now }: RateLimiterOptions): RateLimiter {
  // In the order in which windows began: one that begins anew goes to the end.
  const windows = new Map<string, Window>();

  function begin(client: string, at: number): Window {
    windows.delete(client);
    if (windows.size >= maxClients) {
      for (const oldest of windows.keys()) {
        windows.delete(oldest);
        break;
      }
    }
    const window = { endsAt: at + windowMs, count: 0 };
    windows.set(client, window);
    return window;
  }

  return {
    refusal(address) {
      const at = now();
      const client = clientOf(address);
      let window = windows.get(client);
      if (!window || at >= window.endsAt) window = begin(client, at);
      window.count += 1;
      return window.count > perMinute ? Math.ceil((window.endsAt - at) / 1_000) : undefined;
    },
  };
}

const mappedIPv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** @returns what a client is counted under: an IPv4 address as it is, an IPv6 address without its lower 64 bits */
export function clientOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = mappedIPv4.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    // An IPv4 address at the end stands for two groups.
    const given = groups.length + after.length + (tail.includes(".") ? 1 : 0);
    for (let missing = given; missing < 8; missing += 1) groups.push("0");
    groups.push(...after);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
