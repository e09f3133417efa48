/** The web tier's metrics. Counts that the hot path keeps anyway are read at a scrape. */
import type { AcceptanceWatch } from "../shared/acceptance/acceptance-watch.ts";
import { Counter, delayBuckets, Gauge, Histogram, type Registry } from "../shared/process/metrics.ts";
import type { GroupCommitFigures } from "./queue/group-commit.ts";

export interface WebMetrics {
  /** From the validated request to SQS's confirmation, seconds. */
  readonly acceptSeconds: Histogram;
  /** Requests answered with an error of ours. */
  readonly rejected: Counter<"code">;
}

/** @param figures the group commit's counts at a scrape */
export function createWebMetrics(registry: Registry, figures: () => GroupCommitFigures): WebMetrics {
  const registers = [registry];

  function readAtScrape(name: string, help: string, read: (figures: GroupCommitFigures) => number, total: boolean) {
    const Metric = total ? Counter : Gauge;
    new Metric({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(figures()));
      },
    });
  }

  readAtScrape("turnout_registrations_accepted_total", "Registrations confirmed by SQS", (f) => f.confirmed, true);
  readAtScrape("turnout_packs_sent_total", "Packs confirmed by SQS", (f) => f.packs, true);
  readAtScrape("turnout_packs_failed_total", "Packs that SQS did not confirm", (f) => f.failedPacks, true);
  readAtScrape("turnout_registrations_waiting", "Registrations buffered for a send", (f) => f.waiting, false);
  readAtScrape("turnout_sends_in_flight", "SendMessage calls under way", (f) => f.sendsInFlight, false);
  readAtScrape(
    "turnout_oldest_wait_seconds",
    "Wait of the oldest buffered registration",
    (f) => f.oldestWaitMs / 1_000,
    false,
  );

  return {
    acceptSeconds: new Histogram({
      name: "turnout_accept_seconds",
      help: "From the validated request to the queue's confirmation",
      buckets: delayBuckets,
      registers,
    }),
    rejected: new Counter({
      name: "turnout_requests_refused_total",
      help: "Requests answered with an error, by code",
      labelNames: ["code"],
      registers,
    }),
  };
}

/** Whether new registrations are turned away by order, and how long ago that was read. */
export function registerAcceptanceMetrics(
  registry: Registry,
  { isPaused, ageSeconds }: Pick<AcceptanceWatch, "isPaused" | "ageSeconds">,
): void {
  const registers = [registry];
  new Gauge({
    name: "turnout_acceptance_paused",
    help: "1 while new registrations are turned away because somebody paused them",
    registers,
    collect() {
      this.set(isPaused() ? 1 : 0);
    },
  });
  new Gauge({
    name: "turnout_acceptance_read_age_seconds",
    help: "Since this process last read whether registrations are accepted; NaN before the first time",
    registers,
    collect() {
      this.set(ageSeconds() ?? Number.NaN);
    },
  });
}
