/**
 * Repairs status links copied from mail or chat with a trailing bracket, dot, slash or blank. Receipts contain none of
 * these, so the intended link is unambiguous.
 */
import type { Receipts } from "../../shared/registration/receipts.ts";

const prefix = "/registrations/";
const withMore = /^([\w-]{1,16}\.[\w-]+)[^\w-]/;

/** @returns whether it is the address of a status, readable or not */
export function isStatusAddress(url: string): boolean {
  return url.startsWith(prefix);
}

/**
 * @param url path and query as requested
 * @returns the link without what follows the receipt, if the receipt is ours and something follows; queries are left
 *   alone
 */
export function meantStatusUrl(url: string, receipts: Receipts): string | undefined {
  if (!isStatusAddress(url)) return undefined;
  const [path = ""] = url.split("?", 1);
  const [, receipt] = withMore.exec(path.slice(prefix.length)) ?? [];
  return receipt !== undefined && receipts.open(receipt) ? prefix + receipt : undefined;
}
