/**
 * A web tier that tells a status from the item under the address alone, whoever's it is, as the obvious design does: the
 * distinguisher must see through it.
 */
import { registerHooks } from "node:module";
import { join } from "node:path";

const replacement = new URL("item-status.ts", import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const isReplaced = found.url.endsWith("/web/status/registration-status.ts") && context.parentURL !== replacement;
    return isReplaced ? { ...found, url: replacement } : found;
  },
});
await import(join(import.meta.dirname, "..", "..", "..", "web", "main.ts"));
