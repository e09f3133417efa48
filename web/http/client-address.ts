/**
 * Whose request it is: the address that the rate limit counts.
 *
 * Each proxy appends the address it was reached from to `X-Forwarded-For`, so only what our own proxies appended is true,
 * and everything to its left was sent along by the client. The header is therefore read from its right end, while the
 * address that told it is a trusted one, and the first that is not is the client. No other forwarding header is read.
 *
 * Not Fastify's `trustProxy`: that reads all of a long header, takes what is no address for one, counts a client with
 * another port as another client, and believes `X-Forwarded-Host` and `X-Forwarded-Proto` as well.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { createAddressRanges } from "./address-ranges.ts";

export interface ClientAddresses {
  /** @returns the client's address, without port; that of the connection where nothing better is known */
  of(request: Pick<IncomingMessage, "headers" | "socket">): string;
  /** @returns whether what this address says in `X-Forwarded-For` is believed */
  isTrusted(address: string): boolean;
}

/** Entries that are read: more proxies than any deployment has in a row. */
const maxEntries = 8;
/** An IPv6 address with its IPv4 part in full (45 characters), brackets, a colon and a port. */
const longestEntry = 53;
const mappedPrefix = "::ffff:";
const withPort = /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/;

/** @returns an IPv4 address that is written as an IPv6 one in its own form; another one as it is */
export function unmapped(address: string): string {
  return address.startsWith(mappedPrefix) && isIP(address.slice(mappedPrefix.length)) === 4
    ? address.slice(mappedPrefix.length)
    : address;
}

/** @returns the address of an entry without port and brackets; undefined when there is none */
function addressOf(entry: string): string | undefined {
  if (entry.length > longestEntry) return undefined;
  if (isIP(entry) > 0) return unmapped(entry);
  const [, bracketed, bare] = withPort.exec(entry) ?? [];
  const address = bracketed ?? bare ?? "";
  return isIP(address) > 0 ? unmapped(address) : undefined;
}

/**
 * @param trustedProxies addresses and CIDR ranges of both versions
 * @throws Error of Node for a range that does not exist; the process should not start with it
 */
export function createClientAddresses(trustedProxies: readonly string[]): ClientAddresses {
  const isTrusted = createAddressRanges(trustedProxies);
  return {
    isTrusted,
    of({ headers, socket }) {
      let client = unmapped(socket.remoteAddress ?? "");
      const header = headers["x-forwarded-for"];
      // Node joins several headers of that name to one text.
      if (typeof header !== "string") return client;
      let end = header.length;
      for (let read = 0; read < maxEntries && end >= 0 && isTrusted(client); read += 1) {
        const comma = end === 0 ? -1 : header.lastIndexOf(",", end - 1);
        const entry = header.slice(comma + 1, end).trim();
        end = comma;
        if (entry === "") continue;
        const address = addressOf(entry);
        // A trusted proxy that tells no address is as far as it goes: what stands before may be invented.
        if (address === undefined) return client;
        client = address;
      }
      return client;
    },
  };
}
