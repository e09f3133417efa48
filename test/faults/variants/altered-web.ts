/** Runs the web tier with another file in the place of one of its own. For negative controls, as `altered-worker.ts`. */
import { registerHooks } from "node:module";
import { join } from "node:path";

/**
 * @param replaced the end of the file's path, such as `/web/status/registration-status.ts`
 * @param replacement in this folder; it may import what it takes the place of
 */
export async function runAlteredWeb(replaced: string, replacement: string): Promise<void> {
  const url = new URL(replacement, import.meta.url).href;
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      return found.url.endsWith(replaced) && context.parentURL !== url ? { ...found, url } : found;
    },
  });
  await import(join(import.meta.dirname, "..", "..", "..", "web", "main.ts"));
}
