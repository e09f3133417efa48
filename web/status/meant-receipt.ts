/**
 * A status link as it comes out of a mail, a chat or a sentence: with the sign that stood behind it, a bracket, a dot, a
 * slash or a blank. A receipt holds none of those, so that what was meant is certain.
 */
import type { Receipts } from "./receipts.ts";

const prefix = "/registrations/";
const withMore = /^([\w-]{1,16}\.[\w-]+)[^\w-]/;

/** @returns whether it is the address of a status, readable or not */
export function isStatusAddress(url: string): boolean {
  return url.startsWith(prefix);
}

/**
 * @param url path and query, as they were asked for
 * @returns the status link without what follows the receipt, if that is one of ours and something does follow; a query is
 *   no part of the link and does no harm
 */
export function meantStatusUrl(url: string, receipts: Receipts): string | undefined {
  if (!isStatusAddress(url)) return undefined;
  const [path = ""] = url.split("?", 1);
  const [, receipt] = withMore.exec(path.slice(prefix.length)) ?? [];
  return receipt !== undefined && receipts.open(receipt) ? prefix + receipt : undefined;
}
