/**
 * Addresses that the rate limit leaves alone until a given time: those of a load test, which comes from one address and
 * stands for many. Without an end it would be forgotten and stay.
 */
import { createAddressRanges } from "./address-ranges.ts";

const address = String.raw`[0-9A-Fa-f:.]+(/\d{1,3})?`;
const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z`;

/** `203.0.113.7,2001:db8::/48 until 2027-02-01T12:00Z` */
export const exemptionPattern = `^${address}(,${address})* until ${time}$`;

/**
 * @param text of `exemptionPattern`
 * @param wallClock milliseconds since the epoch
 * @returns whether an address is exempt now
 * @throws Error of Node for a range or a time that does not exist; the process should not start with it
 */
export function createRateLimitExemption(text: string, wallClock: () => number): (ip: string) => boolean {
  const [ranges = "", until = ""] = text.split(" until ");
  const end = Date.parse(until);
  if (Number.isNaN(end)) throw new RangeError(`${until} is no time.`);
  const isMeant = createAddressRanges(ranges.split(","));
  return (ip) => wallClock() < end && isMeant(ip);
}
