/**
 * A web tier that takes a registration for withdrawn when its tombstone stands, which comes after the outcome and which a
 * duplicate does not get: the distinguisher must see through it.
 */
import { runAlteredWeb } from "./altered-web.ts";

await runAlteredWeb("/web/status/registration-status.ts", "item-first-status.ts");
