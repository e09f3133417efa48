/**
 * A web tier that tells a status from the item under the address alone, whoever's it is, as the obvious design does: the
 * distinguisher must see through it.
 */
import { runAlteredWeb } from "./altered-web.ts";

await runAlteredWeb("/web/status/registration-status.ts", "item-status.ts");
