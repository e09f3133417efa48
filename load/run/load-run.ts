/**
 * One load run, whichever command asks for it: requests go in, the worker drains the queue, and the audit accounts for
 * everything that was accepted. How the requests are sent, and what is reported, is up to the caller.
 */
import { TurnoutError, type ErrorCode } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import type { AuditReport } from "../../admin/audit/audit-report.ts";
import { createKeyIndex } from "../../admin/audit/key-index.ts";
import type { Ledger } from "../../admin/audit/ledger.ts";
import type { Deployment } from "./deployment.ts";
import { createRegistrationClient, type Attempt, type RegistrationClient, type Reply } from "./registration-client.ts";
import { ledgerLineOf } from "./ledger-line.ts";
import { settleLoad } from "./settlement.ts";
import { readStoredDelays } from "./stored-delays.ts";

export interface LoadProgress {
  /** What goes on, in words; a new word starts a new progress bar. */
  readonly doing: string;
  readonly done: number;
  readonly total?: number;
}

/** What every run needs, as `withLoad` provides it. */
export interface LoadSetup {
  readonly deployment: Deployment;
  readonly event: EventDefinition;
  /** Gets a line for each attempt; the run closes it before the audit reads it. */
  readonly ledger: Ledger;
  readonly ledgerPath: string;
  /** How long the drain may stand still before the run gives up waiting. */
  readonly stallSeconds: number;
  readonly signal: AbortSignal;
  onProgress(progress: LoadProgress): void;
}

/** What the sender works with. */
export interface LoadEntrance {
  readonly client: RegistrationClient;
  /** Aborted when the run is interrupted, or the event turns out not to be open. */
  readonly signal: AbortSignal;
  /** To be called with every reply, at once: ends the run when no further request can be accepted. */
  watch(reply: Reply): void;
  /** Writes the attempt into the ledger. @returns the number of an accepted registration, as `onStored` gets it */
  record(attempt: Attempt): number | undefined;
}

export interface LoadOptions extends LoadSetup {
  readonly maxConnections: number;
  send(entrance: LoadEntrance): Promise<void>;
  /** Told for each stored registration how long it took from acceptance to the table, and when it was there. */
  onStored(milliseconds: number, number: number, storedAt: number): void;
}

export interface LoadResult {
  readonly audit: AuditReport;
  readonly drainSeconds: number;
}

const notOpen: ReadonlySet<string> = new Set(["TURNOUT_NOT_OPEN_YET", "TURNOUT_CLOSED"] satisfies ErrorCode[]);

/**
 * @throws TURNOUT_NOT_OPEN_YET, TURNOUT_CLOSED; TURNOUT_INTERRUPTED when the signal was given; the SDK's error when AWS
 *   does not answer
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { deployment, event, ledger, signal, onProgress } = options;
  const { connection } = deployment;
  const client = createRegistrationClient({ url: deployment.webUrl, maxConnections: options.maxConnections });
  const acceptedIds = createKeyIndex();
  const closed = new AbortController();

  try {
    await options.send({
      client,
      signal: AbortSignal.any([signal, closed.signal]),
      watch({ code, detail }) {
        if (code === undefined || !notOpen.has(code)) return;
        closed.abort(new TurnoutError(code as ErrorCode, detail ?? "Registration is not open."));
      },
      record(attempt) {
        const line = ledgerLineOf(attempt, event);
        if (line === undefined) return undefined;
        ledger.record(line);
        return line.outcome === "accepted" ? acceptedIds.add(line.id) : undefined;
      },
    });
  } finally {
    client.close();
    ledger.close();
  }
  closed.signal.throwIfAborted();
  signal.throwIfAborted();

  const result = await settleLoad({
    connection,
    ledgerPath: options.ledgerPath,
    stallSeconds: options.stallSeconds,
    event,
    othersAllowed: !deployment.own,
    signal,
    onProgress,
  });
  await readStoredDelays({
    documents: connection.documents,
    tableName: connection.registrationsTable,
    ids: acceptedIds,
    signal,
    onDelay: options.onStored,
  });
  return result;
}
