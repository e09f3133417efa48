/** The order of a run: rounds in which every variant has its turn, then what is measured once. */
import { missingNginx } from "./equipment/nginx.ts";
import { saturatingConnections, type Laboratory } from "./laboratory.ts";
import type { BenchOptions, ScenarioName } from "./options.ts";
import type { Measurements } from "./results.ts";
import { runEmbedded, type EmbeddedTrial } from "./scenarios/embedded.ts";
import { runEndurance, type EnduranceLength, type EnduranceResult } from "./scenarios/endurance.ts";
import { runLatencyTrial, type LatencyTrial } from "./scenarios/latency.ts";
import { runOverload, type OverloadLengths } from "./scenarios/overload.ts";
import { runTrial, type Trial } from "./scenarios/trial.ts";
import type { Variant } from "./variants.ts";

interface Sizes {
  /** Of a variant's usual number of people. */
  readonly scale: number;
  readonly latencySeconds: number;
  readonly overload: OverloadLengths;
  readonly endurance: EnduranceLength;
  readonly embeddedPeople: number;
}

const usual: Sizes = {
  scale: 1,
  latencySeconds: 10,
  overload: {
    settleSeconds: 5,
    countedSeconds: 12,
    watchSeconds: 15,
    saturatingClients: saturatingConnections,
    cycles: 3,
  },
  endurance: { registrations: 1_000_000, windows: 20 },
  embeddedPeople: 4_000,
};

const quickest: Sizes = {
  scale: 0.01,
  latencySeconds: 1,
  overload: { settleSeconds: 0, countedSeconds: 1, watchSeconds: 1, saturatingClients: 10, cycles: 1 },
  endurance: { registrations: 1_000, windows: 2 },
  embeddedPeople: 100,
};

/** @returns the variants that this machine has the programs for; what is left out is said */
function withoutMissing(wanted: readonly Variant[], say: (line: string) => void): readonly Variant[] {
  const why = wanted.some(({ behindNginx }) => behindNginx) ? missingNginx() : undefined;
  if (why === undefined) return wanted;
  const left = wanted.filter(({ behindNginx }) => !behindNginx);
  const names = wanted.filter(({ behindNginx }) => behindNginx).map(({ name }) => name);
  say(`skipped: ${names.join(", ")}: ${why}`);
  return left;
}

/**
 * @param say told what comes next, in a line
 * @throws CountsDiffer when registrations were skipped or counted twice
 */
export async function runSuite(
  laboratory: Laboratory,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<Measurements> {
  const { rounds, quick, scenarios } = options;
  const variants = withoutMissing(options.variants, say);
  const sizes = quick ? quickest : usual;
  const trials: Trial[] = [];
  const latency: LatencyTrial[] = [];
  const endurance: EnduranceResult[] = [];
  const embedded: EmbeddedTrial[] = [];
  const wanted = (scenario: ScenarioName) => scenarios.has(scenario);

  for (let round = 1; round <= rounds; round += 1) {
    const step = (what: string) => say(`round ${round} of ${rounds}: ${what}`);
    for (const variant of variants) {
      const trial = await runTrial({ laboratory, variant, round, scale: sizes.scale });
      trials.push(trial);
      const perSecond = Math.round(trial.perSecond).toLocaleString("en");
      step(`${variant.name}: ${trial.cpuMicrosPerRegistration.toFixed(1)} µs, ${perSecond}/s`);
    }
    if (wanted("latency")) {
      const trial = await runLatencyTrial(laboratory, round, { seconds: sizes.latencySeconds, scale: sizes.scale });
      latency.push(trial);
      step(`latency: ${trial.addedP50Ms.toFixed(2)} ms added`);
    }
    if (wanted("embedded")) {
      embedded.push(...(await runEmbedded(laboratory, round, sizes.embeddedPeople)));
      step("embedded engines: done");
    }
  }
  if (wanted("overload")) say("overload");
  const overload = wanted("overload") ? await runOverload(laboratory, sizes.overload) : undefined;
  for (const tier of wanted("endurance") ? (["web", "worker"] as const) : []) {
    say(`${sizes.endurance.registrations.toLocaleString("en")} registrations through the ${tier} tier`);
    endurance.push(await runEndurance(laboratory, tier, sizes.endurance));
  }
  return { trials, latency, endurance, embedded, ...(overload && { overload }) };
}
