/** Examines a page in several looks by the rules of axe, and whether it fits its width. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import type { Test } from "tap";
import { sticksOut } from "./attendee.ts";
import { dress, type Look } from "./states.ts";

/** To be evaluated in a page before `axe.run`. */
export const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface AxeResults {
  readonly violations: { readonly id: string; readonly nodes: { readonly html: string }[] }[];
  readonly passes: unknown[];
}

export async function examine(t: Test, page: Page, looks: readonly Look[]): Promise<void> {
  await page.evaluate(axe);
  for (const look of looks) {
    await dress(page, look);
    const { violations, passes } = await page.evaluate<AxeResults>(
      "axe.run({ resultTypes: ['violations', 'passes'] })",
    );
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    t.strictSame(found, [], look.name);
    t.ok(passes.length > 15, `${look.name}: ${passes.length} rules were applied`);
    t.notOk(await sticksOut(page), `${look.name}: nothing sticks out`);
  }
}
