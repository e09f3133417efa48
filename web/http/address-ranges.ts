/** Which addresses are meant by a list of addresses and CIDR ranges of both versions, as the configuration has them. */
import { BlockList, isIP } from "node:net";

/**
 * @param ranges such as `203.0.113.7` and `2001:db8::/48`; an IPv4 range also means its addresses in their IPv6 form
 * @returns whether an address is in one of them; what is no address is in none
 * @throws Error of Node for a range that does not exist; the process should not start with it
 */
export function createAddressRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = "", prefix] = range.split("/");
    const family = familyOf(net);
    if (prefix === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(prefix), family);
  }
  return (address) => isIP(address) > 0 && list.check(address, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
