/** What a run of the benchmark leaves behind, as it stands in `bench/results.json`: every round, and where it was measured. */
import type { Provenance } from "./machine.ts";
import type { EmbeddedTrial } from "./scenarios/embedded.ts";
import type { EnduranceResult } from "./scenarios/endurance.ts";
import type { LatencyTrial } from "./scenarios/latency.ts";
import type { OverloadResult } from "./scenarios/overload.ts";
import type { Trial } from "./scenarios/trial.ts";
import type { GoalFigure } from "./goals.ts";
import type { TierName } from "./variants.ts";

/** What was measured; what `--only` left out is empty or missing. */
export interface Measurements {
  readonly trials: readonly Trial[];
  readonly latency: readonly LatencyTrial[];
  readonly overload?: OverloadResult;
  readonly endurance: readonly EnduranceResult[];
  readonly embedded: readonly EmbeddedTrial[];
}

export interface Results extends Provenance, Measurements {
  readonly format: 1;
  /** Short rounds that only show that every variant works: no figure of such a run means anything. */
  readonly quick: boolean;
  readonly rounds: number;
  readonly pinning: string;
  readonly goals: readonly GoalFigure[];
  /** Of the product's tiers, medians: what `turnout plan` reckons with. */
  readonly cpuMicrosPerRegistration: Readonly<Partial<Record<TierName, number>>>;
}
