/** Examines a page in several themes by the rules of axe, and whether it fits its width. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import type { Test } from "tap";
import { sticksOut } from "./attendee.ts";
import { dress, type Theme } from "./states.ts";

/** To be evaluated in a page before `axe.run`. */
export const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface AxeResults {
  readonly violations: { readonly id: string; readonly nodes: { readonly html: string }[] }[];
  readonly passes: unknown[];
}

/**
 * @param page in which `axe` was evaluated
 * @returns what violates a rule, in words, and how many rules found nothing
 */
export async function applyRules(page: Page): Promise<{ readonly violated: readonly string[]; readonly kept: number }> {
  const { violations, passes } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations', 'passes'] })");
  const violated = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  return { violated, kept: passes.length };
}

export async function examine(t: Test, page: Page, themes: readonly Theme[]): Promise<void> {
  await page.evaluate(axe);
  for (const theme of themes) {
    await dress(page, theme);
    const { violated, kept } = await applyRules(page);
    t.strictSame(violated, [], theme.name);
    t.ok(kept > 15, `${theme.name}: ${kept} rules were applied`);
    t.notOk(await sticksOut(page), `${theme.name}: nothing sticks out`);
  }
}
