/**
 * The demo: sends a load through the front door, waits for the drain, has it audited, and sums up. How it is asked for
 * and shown stands in `command.ts`; which deployment it goes to, in `deployment.ts`.
 */
import { TurnoutError, type ErrorCode } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import type { AuditReport } from "../../admin/audit/audit-report.ts";
import { createKeyIndex } from "../../admin/audit/key-index.ts";
import type { Ledger } from "../../admin/audit/ledger.ts";
import { createFrontDoor } from "../people/front-door.ts";
import { createLatencies, type Latencies } from "../people/latencies.ts";
import { ledgerLineOf } from "../people/ledger-line.ts";
import type { LoadItem } from "../people/load-item.ts";
import { sendLoad, type Ending } from "../people/sender.ts";
import { settleLoad } from "../people/settlement.ts";
import { createTierCounters } from "../people/tier-counters.ts";
import type { DemoReport } from "./demo-report.ts";
import type { Deployment } from "../people/deployment.ts";
import { reasonsOf, type RefusedRows } from "./refused-rows.ts";
import { readStoredDelays } from "../people/stored-delays.ts";

export type DemoStep = "sending" | "draining" | "auditing";

export interface DemoOptions {
  readonly deployment: Deployment;
  readonly event: EventDefinition;
  readonly items: Iterable<LoadItem> | AsyncIterable<LoadItem>;
  /** Null where the items come from a file. */
  readonly seed: number | null;
  readonly concurrency: number;
  /** Takes a line for each attempt; closed by this run, before the audit reads it. */
  readonly ledger: Ledger;
  readonly ledgerPath: string;
  readonly refused: RefusedRows;
  /** How long the drain may stand still before it is given up. */
  readonly stallSeconds: number;
  readonly signal: AbortSignal;
  onProgress(step: DemoStep, done: number): void;
  /** The run ends before its time. @param done what was done up to then, for people */
  onCutShort(done: string): void;
}

const lookEveryMs = 1_000;

interface Sent {
  requests: number;
  accepted: number;
  givenUp: number;
  retries: number;
  seconds: number;
}

/** With these every further request would be refused as well. */
const closedDoors: ReadonlySet<string> = new Set(["TURNOUT_NOT_OPEN_YET", "TURNOUT_CLOSED"] satisfies ErrorCode[]);

/** Looks at both tiers again and again while something else happens, so that a restart hides little. */
async function whileLooking<T>(look: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  await look();
  const timer = setInterval(() => void look(), lookEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await look();
  }
}

const milliseconds = (latencies: Latencies, share: number) => {
  const value = latencies.quantile(share);
  return value === undefined ? null : Math.round(value * 10) / 10;
};
const quantiles = (latencies: Latencies) => ({ p50: milliseconds(latencies, 0.5), p99: milliseconds(latencies, 0.99) });
const ratio = (part: number | undefined, whole: number | undefined) =>
  part === undefined || !whole ? null : Math.round((part / whole) * 10) / 10;
const tenths = (value: number) => Math.round(value * 10) / 10;

/**
 * @returns the report; whatever it says, nothing of what it started is left under way
 * @throws TURNOUT_INTERRUPTED, with what was done up to then in its message; the SDK's error when AWS does not answer
 */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { deployment, event, ledger, refused, signal, onProgress } = options;
  const { connection } = deployment;
  const frontDoor = createFrontDoor({ url: deployment.webUrl, maxConnections: options.concurrency });
  const web = createTierCounters(deployment.webUrl);
  const worker = createTierCounters(deployment.workerUrl);
  const accepts = createLatencies();
  const acceptedIds = createKeyIndex();
  const closed = new AbortController();
  const givenUpBecause: Record<string, number> = {};
  const sent: Sent = { requests: 0, accepted: 0, givenUp: 0, retries: 0, seconds: 0 };

  function onEnding({ item, reply, fate, attempts, milliseconds: took }: Ending): void {
    sent.requests += 1;
    sent.retries += attempts - 1;
    if (fate === "accepted") {
      sent.accepted += 1;
      accepts.add(took);
    } else if (fate === "refused") refused.add({ line: item.line ?? sent.requests, reasons: reasonsOf(reply) });
    else {
      sent.givenUp += 1;
      const because =
        reply.status === null ? `no answer (${reply.code})` : `${reply.status} ${reply.code ?? ""}`.trim();
      givenUpBecause[because] = (givenUpBecause[because] ?? 0) + 1;
    }
    if (reply.code !== undefined && closedDoors.has(reply.code)) {
      closed.abort(new TurnoutError(reply.code as ErrorCode, reply.detail ?? "Registration is not open."));
    }
    onProgress("sending", sent.requests);
  }

  async function send(): Promise<void> {
    const began = performance.now();
    try {
      await sendLoad({
        ...options,
        signal: AbortSignal.any([signal, closed.signal]),
        frontDoor,
        onAttempt(attempt) {
          const line = ledgerLineOf(attempt, event);
          if (line === undefined) return;
          ledger.record(line);
          if (line.outcome === "accepted") acceptedIds.add(line.id);
        },
        onEnding,
      });
    } finally {
      frontDoor.close();
      ledger.close();
    }
    sent.seconds = (performance.now() - began) / 1_000;
    closed.signal.throwIfAborted();
    signal.throwIfAborted();
  }

  try {
    const { judged, drainSeconds } = await whileLooking(
      () => Promise.all([web.look(), worker.look()]),
      async () => {
        await send();
        return settleLoad({
          connection,
          ledgerPath: options.ledgerPath,
          stallSeconds: options.stallSeconds,
          othersAllowed: !deployment.own,
          signal,
          onProgress,
        });
      },
    );
    const { documents, registrationsTable } = connection;
    const storedAfter = createLatencies();
    await readStoredDelays({
      documents,
      tableName: registrationsTable,
      ids: acceptedIds,
      signal,
      onDelay: storedAfter.add,
    });
    return sumUp(judged, drainSeconds, storedAfter);
  } catch (error) {
    const count = (number: number) => number.toLocaleString("en");
    options.onCutShort(`${count(sent.requests)} requests were sent, ${count(sent.accepted)} of them accepted.`);
    throw error;
  }

  function sumUp(judged: AuditReport, drainSeconds: number, storedAfter: Latencies): DemoReport {
    const { stored, duplicates, deadLettered, queued, lost } = judged;
    // The audit counts ids, and both clicks of a double click have the same.
    const secondClicks = sent.accepted - judged.accepted;
    const writeCalls = worker.grown("turnout_table_write_calls_total");
    const written = worker.grown("turnout_registrations_stored_total");
    return {
      passed: judged.passed && refused.count === 0 && sent.givenUp === 0,
      seed: options.seed,
      requests: sent.requests,
      accepted: sent.accepted,
      refused: refused.count,
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
      acceptMs: quantiles(accepts),
      storedAfterMs: quantiles(storedAfter),
      registrationsPerPack: ratio(
        web.grown("turnout_registrations_accepted_total"),
        web.grown("turnout_packs_sent_total"),
      ),
      registrationsPerWriteCall: ratio(written, writeCalls),
      figuresIncomplete: web.restarted || worker.restarted,
      acceptedPerSecond: sent.seconds > 0 ? Math.round(sent.accepted / sent.seconds) : 0,
      sendSeconds: tenths(sent.seconds),
      drainSeconds: tenths(drainSeconds),
      audit: judged,
      refusedRows: refused.first.map(({ line, reasons }) => ({ line, reasons: [...reasons] })),
      refusedFile: refused.file ?? null,
      ledger: options.ledgerPath,
    };
  }
}
