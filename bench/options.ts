/** The command line of the benchmark. */
import { parseArgs } from "node:util";
import { variants, type Variant } from "./variants.ts";

export const scenarioNames = ["web", "worker", "latency", "overload", "endurance", "embedded"] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface BenchOptions {
  readonly rounds: number;
  readonly quick: boolean;
  readonly scenarios: ReadonlySet<ScenarioName>;
  /** Of the scenarios web and worker. */
  readonly variants: readonly Variant[];
  /** Undefined: nothing is written. */
  readonly json: string | undefined;
  readonly profileFolder: string | undefined;
}

export const help = `npm run bench [-- options]

Measures Turnout's own tiers beside the usual designs, in turns, each in a process of its own, and writes every round to
bench/results.json, with charts beside it. A whole run takes about 40 minutes; nothing else should run meanwhile.

  --rounds N       paired rounds, 1 to 100 (default 8; with --quick 1)
  --quick          the least of everything, in under a minute: shows that every variant works. Its figures mean nothing,
                   and nothing is written unless --json names a file
  --only NAMES     some of it, comma-separated: scenarios (${scenarioNames.join(", ")})
                   or variants (such as web/product,web/bare-fastify)
  --json FILE      where the results go (default bench/results.json, which docs/performance.md shows then); charts go
                   beside it, as .html and .svg
  --profile DIR    also write a CPU profile of every process under test (slows them down: no figures to quote)
  --help

Variants: ${variants.map((variant) => variant.name).join(", ")}
`;

/** What the documents show, and what `turnout plan` reckons with. */
export const defaultResults = "bench/results.json";

/** A command line that cannot be followed: told without a stack. */
export class UsageError extends Error {}

/**
 * @param args as in `process.argv.slice(2)`
 * @returns undefined when help was asked for
 * @throws UsageError
 */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const quick = values.quick ?? false;
  const rounds = values.rounds === undefined ? (quick ? 1 : 8) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new UsageError(`--rounds was ${values.rounds}, allowed is a whole number from 1 to 100`);
  }
  return {
    rounds,
    quick,
    ...select(values.only),
    json: values.json ?? (quick || values.only ? undefined : defaultResults),
    profileFolder: values.profile,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: "string" },
        quick: { type: "boolean" },
        only: { type: "string" },
        json: { type: "string" },
        profile: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function select(only: string | undefined): Pick<BenchOptions, "scenarios" | "variants"> {
  if (only === undefined) return { scenarios: new Set(scenarioNames), variants };
  const names = only.split(",").map((name) => name.trim());
  const scenarios = new Set<ScenarioName>();
  const chosen: Variant[] = [];
  for (const name of names) {
    const scenario = scenarioNames.find((known) => known === name);
    const variant = variants.find((known) => known.name === name);
    if (scenario) scenarios.add(scenario);
    else if (variant) chosen.push(variant);
    else throw new UsageError(`--only knows no ${name}; there are ${scenarioNames.join(", ")} and the variants`);
  }
  for (const variant of variants) if (scenarios.has(variant.tier) && !chosen.includes(variant)) chosen.push(variant);
  for (const { tier } of chosen) scenarios.add(tier);
  return { scenarios, variants: chosen };
}
