/** The worker tier's own metrics, labels resolved once. */
import { deadLetterReasons } from "../shared/dead-letters/dead-letter.ts";
import { Counter, delayBuckets, Gauge, Histogram, type Registry } from "../shared/process/metrics.ts";
import type { WriterFigures } from "./batch-writer.ts";

export interface WorkerMetrics {
  readonly packs: Counter;
  /** Packs finished and deleted. */
  readonly packsDone: Counter;
  /** Registrations unpacked, redeliveries included. */
  readonly received: Counter;
  /** Registrations stored for the first time. */
  readonly stored: Counter;
  /** Registrations whose address was taken, each counted once. */
  readonly duplicates: Counter;
  /** Registrations erased or withdrawn before they arrived, each counted once. */
  readonly gone: Counter<"outcome">;
  /** Corrections and withdrawals that are finished, redeliveries included. */
  readonly changes: Counter<"kind" | "result">;
  /** Registrations left to redelivery. */
  readonly unfinished: Counter;
  readonly deadLettered: Counter<"reason">;
  /** Packs left to workers that know their version. */
  readonly hidden: Counter;
  /** Replays not stored because their claim was over. */
  readonly staleReplays: Counter;
  readonly writeCalls: Counter;
  readonly writeAttempts: Counter;
  readonly deleteFailures: Counter;
  /** From acceptance to the table, seconds. */
  readonly storedDelay: Histogram;
  readonly breakerOpen: Gauge<"dependency">;
}

export function createWorkerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const deadLettered = new Counter({
    name: "turnout_dead_letters_total",
    help: "Dead letters sent, by reason",
    labelNames: ["reason"] as const,
    registers,
  });
  // Shown from the start: a rate needs a first value, or it would miss the first dead letter.
  for (const reason of deadLetterReasons) deadLettered.labels(reason).inc(0);
  return {
    packs: counter("turnout_packs_received_total", "Packs received, redelivered ones included"),
    packsDone: counter("turnout_packs_done_total", "Packs wholly done and deleted"),
    received: counter("turnout_registrations_received_total", "Registrations in the packs received"),
    stored: counter("turnout_registrations_stored_total", "Registrations stored for the first time"),
    duplicates: counter("turnout_registrations_duplicate_total", "Registrations of an address that another had first"),
    gone: new Counter({
      name: "turnout_registrations_gone_total",
      help: "Registrations that were erased or withdrawn before they could be stored",
      labelNames: ["outcome"] as const,
      registers,
    }),
    changes: new Counter({
      name: "turnout_changes_total",
      help: "Corrections and withdrawals that are finished, redeliveries included, by result",
      labelNames: ["kind", "result"] as const,
      registers,
    }),
    unfinished: counter("turnout_registrations_unfinished_total", "Registrations left to redelivery"),
    deadLettered,
    hidden: counter("turnout_packs_hidden_total", "Packs of another version, left to workers that know it"),
    staleReplays: counter("turnout_stale_replays_total", "Replays not stored: sent under a claim that was over"),
    writeCalls: counter("turnout_table_write_calls_total", "BatchExecuteStatement calls"),
    writeAttempts: counter("turnout_table_write_attempts_total", "Attempts the SDK made for those calls"),
    deleteFailures: counter("turnout_delete_failures_total", "Deletes or heartbeats that SQS rejected"),
    storedDelay: new Histogram({
      name: "turnout_stored_delay_seconds",
      help: "From the first acceptance to the table",
      buckets: delayBuckets,
      registers,
    }),
    breakerOpen: new Gauge({
      name: "turnout_breaker_open",
      help: "1 while the circuit breaker of a dependency is not closed",
      labelNames: ["dependency"] as const,
      registers,
    }),
  };
}

function readAtScrape(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** Exposes the packs in progress at a scrape. */
export function exposeHeldPacks(registry: Registry, heldPacks: () => number): void {
  readAtScrape(registry, "turnout_packs_held", "Packs received and neither deleted nor given back", heldPacks);
}

/** Exposes the writer's state at a scrape. */
export function exposeWriter(
  registry: Registry,
  figures: () => { readonly registrations: WriterFigures; readonly outcomes: WriterFigures },
): void {
  const gauge = (
    name: string,
    help: string,
    read: (figures: WriterFigures) => number,
    of: "registrations" | "outcomes",
  ) => readAtScrape(registry, name, help, () => read(figures()[of]));
  gauge("turnout_registrations_held", "Registrations waiting for a table write", (f) => f.waiting, "registrations");
  gauge("turnout_table_writes_in_flight", "Table writes under way", (f) => f.callsInFlight, "registrations");
  gauge(
    "turnout_table_write_limit",
    "Table writes allowed at once; falls when the table throttles",
    (f) => f.limit,
    "registrations",
  );
  gauge("turnout_outcomes_held", "Outcomes waiting for a table write", (f) => f.waiting, "outcomes");
}
