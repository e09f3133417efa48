/**
 * Entry point on the instances of both tiers; the variable `TIER` says which. The tier runs in this process, so that
 * signals reach it. In the zip this file is at the root, beside `web/` and `worker/`; in the repository it cannot run.
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
