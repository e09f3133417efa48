/**
 * What an instance starts, on both tiers from the same zip: `TIER`, which the environment sets, says which one this is.
 * The tier then runs in this very process, so that a signal reaches it directly. In the zip this file stands at the
 * root, beside `web/` and `worker/`; in the repository there is nothing to start here.
 */
import { nameReceiptKey } from "./receipt-key.ts";

const tiers: readonly string[] = ["web", "worker"];
const tier = process.env["TIER"];
const receiptKeys = process.env["RECEIPT_KEYS"];

if (tier !== undefined && tiers.includes(tier)) {
  if (receiptKeys) process.env["RECEIPT_KEYS"] = nameReceiptKey(receiptKeys);
  await import(new URL(`${tier}/main.ts`, import.meta.url).href);
} else {
  process.stderr.write(`TIER was ${JSON.stringify(tier ?? "")}, allowed is one of ${tiers.join(", ")}\n`);
  process.exit(1);
}
