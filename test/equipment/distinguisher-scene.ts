/** What the tests with a distinguisher have in common: two tiers, subjects in random order, and what it has to find. */
import { Agent } from "node:http";
import type { Test } from "tap";
import type { Cell, Engines } from "../faults/cell.ts";
import type { TierProcess } from "../faults/tier-process.ts";
import { distinguish, mostByChance, type Visit } from "./distinguisher.ts";

export interface Scene {
  readonly cell: Cell;
  readonly web: TierProcess;
  readonly worker: TierProcess;
  readonly agent: Agent;
}

export interface SceneOptions {
  /** Variants in the place of the tiers' programs. Default: the tiers themselves. */
  readonly programs?: { readonly web?: string; readonly worker?: string };
  /** Further variables of the worker. */
  readonly workerEnvironment?: Readonly<Record<string, string>>;
}

/** By name: under what condition the visits were made. */
export type Conditions = Readonly<Record<string, (scene: Scene) => Promise<Visit[]>>>;

/** Short, for where a busy machine has the embedded engine lose a message for as long. */
const visibilityTimeoutSeconds = 10;
/** More of them would measure this process and not the tiers. */
const maxSockets = 64;

/** @param t whose end stops everything */
export async function prepareScene(t: Test, engines: Engines, options: SceneOptions = {}): Promise<Scene> {
  const { programs = {}, workerEnvironment: environment = {} } = options;
  const cell = await engines.createCell({ visibilityTimeoutSeconds });
  t.teardown(() => cell.close());
  const agent = new Agent({ keepAlive: true, maxSockets });
  t.teardown(() => agent.destroy());
  const programOf = (program: string | undefined) => (program === undefined ? {} : { program });
  // The cell's proxy costs every answer a little; the web tier does without.
  const web = await cell.startTier("web", { direct: true, ...programOf(programs.web) });
  const worker = await cell.startTier("worker", { environment, ...programOf(programs.worker) });
  return { cell, web, worker, agent };
}

/** In random order, so that whatever happens meanwhile happens to all alike. */
export function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** @returns the share of right guesses, and whether a coin could have them */
export function guessed(t: Test, visits: readonly Visit[]): { readonly right: number; readonly isByChance: boolean } {
  const { right, guesses, rule } = distinguish(visits);
  t.comment(`${(right * 100).toFixed(1)} % of ${guesses} guesses are right: ${rule.slice(0, 200)}`);
  return { right, isByChance: right < mostByChance(guesses) };
}

/** Under each condition in turn. */
export async function nobodyCanTell(t: Test, scene: Scene, conditions: Conditions): Promise<void> {
  for (const [condition, visit] of Object.entries(conditions)) {
    await t.test(`${condition}, nobody can tell which is which`, async (t) => {
      t.ok(guessed(t, await visit(scene)).isByChance);
    });
  }
}
