/**
 * This worker's totals for the activity table, read from the counters behind `/metrics` so that nothing is counted
 * twice.
 */
import type { Activity, ProcessFigures } from "../shared/activity/bucket.ts";
import { dynamoDbLimits } from "../shared/aws/aws-limits.ts";
import type { Registry } from "../shared/process/metrics.ts";

/** Registry counters, by what they mean for the activity. */
const counters = {
  replayed: "turnout_replayed_registrations_total",
  packsSent: "turnout_replay_packs_sent_total",
  stored: "turnout_registrations_stored_total",
  gone: "turnout_registrations_gone_total",
  changed: "turnout_changes_total",
  duplicate: "turnout_registrations_duplicate_total",
  deadLettered: "turnout_dead_letters_total",
  packsDone: "turnout_packs_done_total",
} as const satisfies Partial<Record<keyof Activity, string>>;

const delaySeconds = "turnout_stored_delay_seconds";

/** @returns the totals, and the registrations in table calls (an upper bound). Missing counters are 0. */
export async function readActivityTotals(registry: Registry): Promise<ProcessFigures> {
  async function sum(metric: string, part = metric): Promise<number> {
    const seen = await registry.getSingleMetric(metric)?.get();
    let total = 0;
    for (const value of seen?.values ?? []) {
      // A histogram lists its buckets, count and sum together.
      const { metricName = metric } = value as { metricName?: string };
      if (metricName === part) total += value.value;
    }
    return total;
  }

  const totals: { -readonly [Name in keyof ProcessFigures]: number } = {};
  for (const [what, name] of Object.entries(counters)) {
    // oxlint-disable-next-line no-await-in-loop -- of counts in memory
    totals[what as keyof typeof counters] = await sum(name);
  }
  totals.storedDelayMs = (await sum(delaySeconds, `${delaySeconds}_sum`)) * 1_000;
  totals.heldPacks = await sum("turnout_packs_held");
  const inCalls = (await sum("turnout_table_writes_in_flight")) * dynamoDbLimits.maxBatchStatements;
  const inLine = (await sum("turnout_registrations_held")) + (await sum("turnout_outcomes_held"));
  totals.heldPeople = inLine + inCalls;
  return totals;
}
