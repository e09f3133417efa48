/**
 * The periodic task `replay-transient-dead-letters`: retries registrations that failed with a transient error, once
 * each. A few go first; if they fail again, nothing more is tried for a day.
 *
 *     not now ◄── worker unwell, or an earlier try is on its way, or tries of the last day failed again
 *        │
 *     scan ─► replay, by the protocol of `shared/dead-letters/replay.ts` ─► outcome, or the next run sees it
 *
 * All state is in the records, so it does not matter which worker runs it. Concurrent runs share the work, since a
 * claim gives each record to one of them. What was sent is never sent again automatically; a claim under which nothing
 * was sent does not use up the retry. It is no run of a person and needs no lease of theirs: what a person replays is
 * claimed and passed over here, and the other way round.
 */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { isClaimed, type DeadLetterRecord } from "../shared/dead-letters/dead-letter-record.ts";
import { transientReasons } from "../shared/dead-letters/dead-letter.ts";
import { automaticReplayer, createReplayRecords } from "../shared/dead-letters/replay-records.ts";
import { createReplaySender } from "../shared/dead-letters/replay-sender.ts";
import { replayDeadLetters, type ReplayFate } from "../shared/dead-letters/replay.ts";
import type { Logger } from "../shared/process/logger.ts";
import { Counter, type Registry } from "../shared/process/metrics.ts";
import { scanTable } from "../shared/aws/table-scan.ts";
import type { Health } from "./health.ts";

export interface TransientReplay {
  /** `waits` when nothing was tried, for the reason in `because`. */
  readonly outcome: "nothing to do" | "replayed" | "waits";
  readonly because?: string;
  /** Candidates, of at most `maxCandidates` oldest ones. */
  readonly candidates: number;
  readonly sent: number;
  readonly resolved: number;
  readonly failed: number;
  /** Sent, without a result in time: the next run checks. */
  readonly unheard: number;
}

export interface TransientReplayOptions {
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  readonly queueUrl: string;
  readonly deadLettersTable: string;
  readonly health: () => Health;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Aborted when the process stops: sends are finished, nothing is waited for. */
  readonly stopping: AbortSignal;
  /** Time limit, after which the current step is still sent. Default: 15 s; the daemon waits for 60 s. */
  readonly boundSeconds?: number;
}

const defaultBoundSeconds = 15;
/** Gives the error time to pass. */
const restMs = 10 * 60_000;
/** Older tries are not representative. */
const memoryMs = 24 * 3_600_000;
/** When this share of the last day's tries failed again, the error is not transient. */
const maxFailedShare = 0.1;
/** Held in memory at a time; the oldest ones. */
const maxCandidates = 5_000;
const firstCanary = 1;
/** When tries of the last day worked, the trial step is skipped. */
const provenCanary = 10;
const stepSize = 500;
const ratePerSecond = 500;
const scanSegments = 2;

type ScannedRecord = Pick<
  DeadLetterRecord,
  | "id"
  | "state"
  | "submittedAt"
  | "firstFailedAt"
  | "failures"
  | "history"
  | "claimedBy"
  | "claimedUntil"
  | "automaticReplayAt"
>;

const attributes = [
  "id",
  "state",
  "submittedAt",
  "firstFailedAt",
  "failures",
  "history",
  "claimedBy",
  "claimedUntil",
  "automaticReplayAt",
] as const satisfies readonly (keyof ScannedRecord)[];

interface Candidate {
  readonly id: string;
  readonly since: string;
}

/** Automatic tries of the last day. */
interface Tries {
  resolved: number;
  failed: number;
  pending: number;
}

interface Findings {
  readonly candidates: readonly Candidate[];
  readonly tries: Readonly<Tries>;
}

const nothing = { candidates: 0, sent: 0, resolved: 0, failed: 0, unheard: 0 };

function wasReplayed({ history }: ScannedRecord): boolean {
  return history.some(({ what }) => what === "replayed");
}

function oldestFirst(candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted((a, b) => (a.since < b.since ? -1 : 1)).slice(0, maxCandidates);
}

/** @returns the task. A call during a run joins it. Rejects with the SDK's error when AWS does not answer. */
export function createTransientReplay(options: TransientReplayOptions): () => Promise<TransientReplay> {
  const { sqs, documents, queueUrl, deadLettersTable, health, logger, wallClock, stopping } = options;
  const boundMs = (options.boundSeconds ?? defaultBoundSeconds) * 1_000;
  const records = createReplayRecords(documents, deadLettersTable);
  const tried = new Counter({
    name: "turnout_transient_replays_total",
    help: "Dead letters replayed automatically, by the result within the run",
    labelNames: ["fate"] as const,
    registers: [options.registry],
  });

  const counter = (name: string, help: string) => new Counter({ name, help, registers: [options.registry] });
  const replayed = counter("turnout_replayed_registrations_total", "Registrations enqueued by replays");
  const packs = counter("turnout_replay_packs_sent_total", "Packs of replayed registrations confirmed by SQS");

  function countPack(registrations: number): void {
    replayed.inc(registrations);
    packs.inc();
  }

  function count(tries: Tries, record: ScannedRecord): void {
    if (record.state === "resolved") tries.resolved += 1;
    else if (record.state === "replayed" || record.state === "storing") tries.pending += 1;
    // By position in the history, not by times, which come from different machines' clocks.
    else if (record.state === "open" && (wasReplayed(record) || record.failures > 1)) tries.failed += 1;
  }

  async function find(signal: AbortSignal): Promise<Findings> {
    const now = wallClock();
    const tries: Tries = { resolved: 0, failed: 0, pending: 0 };
    let candidates: Candidate[] = [];
    const reasons = Object.fromEntries(transientReasons.map((reason, index) => [`:reason${index}`, reason]));
    await scanTable({
      documents,
      tableName: deadLettersTable,
      segments: scanSegments,
      attributes,
      // Eventually consistent, at half the price: a stale record fails its claim.
      consistent: false,
      filter: {
        expression:
          "automaticReplayAt > :remembered OR (#state = :open AND attribute_not_exists(automaticReplayAt) " +
          `AND lastFailedAt < :rested AND #reason IN (${Object.keys(reasons).join(", ")}))`,
        names: { "#state": "state", "#reason": "reason" },
        values: {
          ":remembered": new Date(now - memoryMs).toISOString(),
          ":open": "open",
          ":rested": new Date(now - restMs).toISOString(),
          ...reasons,
        },
      },
      signal,
      onPage(items) {
        for (const record of items as unknown as ScannedRecord[]) {
          const { id, submittedAt, firstFailedAt, claimedBy, automaticReplayAt } = record;
          if (automaticReplayAt !== undefined) count(tries, record);
          else if (isClaimed(record, now)) {
            // Another run is sending it, or does not know whether it did. A person's replay belongs to that person.
            if (claimedBy === automaticReplayer) tries.pending += 1;
          }
          // It was tried and failed again: a person decides now.
          else if (!wasReplayed(record)) {
            candidates.push({ id, since: submittedAt ?? firstFailedAt });
          }
        }
        if (candidates.length > 2 * maxCandidates) candidates = oldestFirst(candidates);
      },
    });
    return { candidates: oldestFirst(candidates), tries };
  }

  function reasonToWait({ resolved, failed, pending }: Tries): string | undefined {
    if (pending > 0) return `${pending} of an earlier run have no result yet`;
    if (failed > 0 && failed >= (failed + resolved) * maxFailedShare) {
      return `${failed} of the last day's ${failed + resolved} failed again`;
    }
    return undefined;
  }

  async function replay({ candidates, tries }: Findings, signal: AbortSignal): Promise<TransientReplay> {
    const fates: Partial<Record<ReplayFate, number>> = {};
    const summary = await replayDeadLetters(
      candidates.map(({ id }) => id),
      {
        // The time limit ends the run between two steps and while waiting for outcomes; a started step is sent.
        store: {
          ...records,
          readMany: (ids) => records.readMany(ids, stopping),
          readToReplay: (ids) => records.readToReplay(ids, stopping),
        },
        sender: createReplaySender({ sqs, queueUrl, ratePerSecond, signal: stopping, onPack: countPack }),
        who: automaticReplayer,
        why: "automatic replay, once: its reason was a transient error",
        canary: tries.resolved > 0 ? provenCanary : firstCanary,
        stepSize,
        again: false,
        outcomeTimeoutSeconds: boundMs / 1_000,
        signal,
        wallClock,
        onOutcome({ fate }) {
          fates[fate] = (fates[fate] ?? 0) + 1;
          tried.labels(fate).inc();
        },
        onStep: () => {},
      },
    );
    const { stopped, sent } = summary;
    const { resolved = 0, failed = 0, unknown = 0 } = fates;
    if (stopped?.code === "error") throw stopped.cause;
    return {
      outcome: "replayed",
      ...(stopped && { because: stopped.detail }),
      candidates: candidates.length,
      sent,
      resolved,
      failed,
      unheard: unknown,
    };
  }

  async function run(): Promise<TransientReplay> {
    const { status, causes } = health();
    if (status !== "ok") return { ...nothing, outcome: "waits", because: `the worker is unwell: ${causes.join("; ")}` };
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(boundMs)]);
    const findings = await find(signal);
    const candidates = findings.candidates.length;
    if (candidates === 0) return { ...nothing, outcome: "nothing to do" };
    const because = reasonToWait(findings.tries);
    if (because !== undefined) return { ...nothing, outcome: "waits", because, candidates };
    return replay(findings, signal);
  }

  let running: Promise<TransientReplay> | undefined;

  return async function replayTransient() {
    running ??= run().finally(() => (running = undefined));
    const report = await running;
    logger.info(report, "replay of transient dead letters");
    return report;
  };
}
