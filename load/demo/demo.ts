/** The demo: sends a closed load, has it settled and audited, and sums up. */
import type { AuditReport } from "../../admin/audit/audit-report.ts";
import type { LoadItem } from "../people/load-item.ts";
import { sendLoad, type Ending } from "../run/closed-load.ts";
import { describeReply } from "../run/registration-client.ts";
import { createLatencies, tenths } from "../run/latencies.ts";
import { runLoad, type LoadEntrance, type LoadSetup } from "../run/load-run.ts";
import { createTierCounters } from "../run/tier-counters.ts";
import type { DemoReport } from "./demo-report.ts";
import { reasonsOf, type RejectedRows } from "./rejected-rows.ts";

export interface DemoOptions extends LoadSetup {
  readonly items: Iterable<LoadItem> | AsyncIterable<LoadItem>;
  /** How many there are, for the progress. */
  readonly total: number;
  /** Null for items from a file. */
  readonly seed: number | null;
  readonly concurrency: number;
  readonly rejected: RejectedRows;
  /** Called when the run ends early. @param done what was done until then, for people */
  onCutShort(done: string): void;
}

const pollTiersEveryMs = 1_000;

const ratio = (part: number | undefined, whole: number | undefined) =>
  part === undefined || !whole ? null : tenths(part / whole);

/**
 * @throws TURNOUT_INTERRUPTED, TURNOUT_NOT_OPEN_YET, TURNOUT_CLOSED; the SDK's error when AWS does not answer
 */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { deployment, rejected, onProgress } = options;
  const web = createTierCounters(deployment.webUrl);
  const worker = createTierCounters(deployment.workerUrl);
  const acceptMs = createLatencies();
  const storedAfterMs = createLatencies();
  const givenUpBecause: Record<string, number> = {};
  const sent = { requests: 0, accepted: 0, givenUp: 0, retries: 0, seconds: 0 };

  function count({ item, reply, fate, attempts, milliseconds }: Ending): void {
    sent.requests += 1;
    sent.retries += attempts - 1;
    if (fate === "accepted") {
      sent.accepted += 1;
      acceptMs.add(milliseconds);
    } else if (fate === "rejected") rejected.add({ line: item.line ?? sent.requests, reasons: reasonsOf(reply) });
    else {
      sent.givenUp += 1;
      const because = reply.status === null ? `no answer (${reply.code})` : describeReply(reply);
      givenUpBecause[because] = (givenUpBecause[because] ?? 0) + 1;
    }
    onProgress({ doing: "registering", done: sent.requests, total: options.total });
  }

  async function send({ client, signal, watch, record }: LoadEntrance): Promise<void> {
    const began = performance.now();
    const { items, concurrency } = options;
    await sendLoad({
      client,
      items,
      concurrency,
      signal,
      onAttempt: record,
      onEnding(ending) {
        count(ending);
        watch(ending.reply);
      },
    });
    sent.seconds = (performance.now() - began) / 1_000;
  }

  // All the time, so that the restart of a tier hides little of what it had counted.
  const pollTiers = () => Promise.all([web.poll(), worker.poll()]);
  await pollTiers();
  const timer = setInterval(() => void pollTiers(), pollTiersEveryMs);
  try {
    const { audit, drainSeconds } = await runLoad({
      ...options,
      maxConnections: options.concurrency,
      send,
      onStored: storedAfterMs.add,
    });
    await pollTiers();
    return sumUp(audit, drainSeconds);
  } catch (error) {
    const text = (number: number) => number.toLocaleString("en");
    options.onCutShort(`${text(sent.requests)} requests were sent, ${text(sent.accepted)} of them accepted.`);
    throw error;
  } finally {
    clearInterval(timer);
  }

  function sumUp(audit: AuditReport, drainSeconds: number): DemoReport {
    const { stored, duplicates, deadLettered, queued, lost } = audit;
    // The audit counts ids, and both requests of a double click have the same.
    const secondClicks = sent.accepted - audit.accepted;
    const sentPacks = web.grown("turnout_packs_sent_total");
    const writeCalls = worker.grown("turnout_table_write_calls_total");
    return {
      passed: audit.passed && rejected.count === 0 && sent.givenUp === 0,
      seed: options.seed,
      requests: sent.requests,
      accepted: sent.accepted,
      refused: rejected.count,
      givenUp: sent.givenUp,
      givenUpBecause,
      retries: sent.retries,
      stored,
      duplicatesFolded: secondClicks + duplicates,
      secondRegistrations: duplicates,
      secondClicks,
      deadLettered,
      queued,
      lost,
      acceptMs: acceptMs.quantiles({ p50: 0.5, p99: 0.99 }),
      storedAfterMs: storedAfterMs.quantiles({ p50: 0.5, p99: 0.99 }),
      registrationsPerPack: ratio(web.grown("turnout_registrations_accepted_total"), sentPacks),
      registrationsPerWriteCall: ratio(worker.grown("turnout_registrations_stored_total"), writeCalls),
      figuresIncomplete: web.restarted || worker.restarted,
      acceptedPerSecond: sent.seconds > 0 ? Math.round(sent.accepted / sent.seconds) : 0,
      sendSeconds: tenths(sent.seconds),
      drainSeconds: tenths(drainSeconds),
      audit,
      refusedRows: rejected.first.map(({ line, reasons }) => ({ line, reasons: [...reasons] })),
      refusedFile: rejected.file ?? null,
      ledger: options.ledgerPath,
    };
  }
}
