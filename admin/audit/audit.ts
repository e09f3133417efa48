/**
 * The audit: waits for the drain, gives the checker ledger, dead letters, outcomes and table, and names examples of
 * what it finds. Read-only, and it never receives messages. Options and output are in `commands/audit.ts`.
 */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { TurnoutError } from "../../shared/errors.ts";
import { scanTable } from "../../shared/aws/table-scan.ts";
import { isTombstone } from "../../shared/registration/tombstone.ts";
import { readLedger, readLedgerHead } from "./ledger.ts";
import { awsTime } from "../../terminal/connection.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import type { AuditReport } from "./audit-report.ts";
import { createHeldPacks } from "./held-packs.ts";
import { waitUntilDrained } from "./drain-wait.ts";
import type { OutcomeEvidence, StoredItem } from "./evidence.ts";
import { createChecker, type Checker } from "./checker.ts";

export interface AuditOptions {
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly registrationsTable: string;
  readonly deadLettersTable: string;
  readonly outcomesTable: string;
  readonly activityTable: string;
  /** Paths of one run's ledgers, one per sending process. */
  readonly ledgers: readonly string[];
  /** Longest wait for the drain, seconds. */
  readonly drainTimeoutSeconds: number;
  /** Whether the table may hold registrations that no ledger knows. */
  readonly othersAllowed: boolean;
  readonly signal: AbortSignal;
  /** Called with the progress: a growing number, or a shrinking one while draining. */
  readonly onProgress: (step: AuditStep, count: number) => void;
}

export type AuditStep =
  | "draining"
  | "reading the ledger"
  | "reading dead letters"
  | "reading outcomes"
  | "reading registrations";

const scanSegments = 4;
const tellEvery = 10_000;

/** The checker keeps numbers instead of ids, so a second pass finds the few ids to name. */
async function namesOf(
  wanted: readonly number[],
  checker: Checker,
  ledgers: readonly string[],
): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  const open = new Set(wanted);
  for (const ledger of ledgers) {
    if (open.size === 0) break;
    for await (const { id } of readLedger(ledger)) {
      const number = checker.numberOf(id);
      if (open.delete(number)) names.set(number, id);
      if (open.size === 0) break;
    }
  }
  return names;
}

/**
 * @returns how many ledgers do not name their stack
 * @throws TURNOUT_LEDGER_INVALID when one belongs to another stack
 */
async function checkHeads(ledgers: readonly string[], stack: string): Promise<number> {
  let headless = 0;
  for (const ledger of ledgers) {
    const head = await readLedgerHead(ledger);
    if (head === undefined) headless += 1;
    else if (head.stack !== stack) {
      throw new TurnoutError(
        "TURNOUT_LEDGER_INVALID",
        `The ledger ${ledger} is of another stack, or of one that was made anew since: it is of ${head.stack}, ` +
          `this is ${stack}.`,
      );
    }
  }
  return headless;
}

/** @throws TURNOUT_LEDGER_INVALID, TURNOUT_INTERRUPTED; the SDK's error when AWS does not answer or rejects the call */
export async function runAudit(options: AuditOptions): Promise<AuditReport> {
  const { sqs, documents, queueUrl, deadLetterQueueUrl, ledgers, signal, onProgress } = options;
  const began = performance.now();
  const checker = createChecker({ othersAllowed: options.othersAllowed });
  const headlessLedgers = await checkHeads(ledgers, await readStackIdentity(sqs, queueUrl));
  let lines = 0;
  // Before the wait, so that an unreadable ledger fails at once.
  for (const ledger of ledgers) {
    for await (const line of readLedger(ledger)) {
      checker.attempt(line);
      lines += 1;
      if (lines % tellEvery === 0) {
        signal.throwIfAborted();
        onProgress("reading the ledger", lines);
      }
    }
  }
  const drained = await waitUntilDrained({
    sqs,
    queueUrl,
    deadLetterQueueUrl,
    timeoutSeconds: options.drainTimeoutSeconds,
    heldPacks: createHeldPacks({ ...options, wallClock: () => awsTime(documents) }),
    signal,
    onPoll: ({ waiting, inFlight }) => onProgress("draining", waiting + inFlight),
  });
  // Dead letters first: what is replayed meanwhile moves to the table and is seen twice rather than never.
  let deadLetters = 0;
  await createDeadLetterStore(documents, options.deadLettersTable).scan({}, signal, (records) => {
    for (const { id, registration, state, history } of records) {
      const edited = history.some(({ what }) => what === "edited");
      checker.deadLetter({ id, registrationId: registration?.id, state, edited });
    }
    deadLetters += records.length;
    onProgress("reading dead letters", deadLetters);
  });
  // Before the table: somebody erased meanwhile has an outcome by the time the tombstone is seen, or is seen as stored.
  let outcomes = 0;
  await scanTable({
    documents,
    tableName: options.outcomesTable,
    segments: scanSegments,
    attributes: ["id", "outcome"],
    signal,
    onPage(items) {
      for (const item of items) checker.outcome(item as unknown as OutcomeEvidence);
      outcomes += items.length;
      onProgress("reading outcomes", outcomes);
    },
  });
  let registrations = 0;
  await scanTable({
    documents,
    tableName: options.registrationsTable,
    segments: scanSegments,
    attributes: ["email", "registrationId", "name", "answers", "submittedAt", "storedAt", "tombstone"],
    signal,
    onPage(items) {
      for (const item of items) {
        if (isTombstone(item)) checker.buried(item);
        else checker.stored(item as unknown as StoredItem);
      }
      registrations += items.length;
      onProgress("reading registrations", registrations);
    },
  });
  const { counts, numbers, ids } = checker.verdict(drained);
  const names = await namesOf(Object.values(numbers).flat(), checker, ledgers);
  const named = (list: readonly number[]) => list.map((number) => names.get(number) ?? "");
  const { lost, queued, duplicated, unexpected, corrupt } = counts;
  return {
    passed: lost + queued + duplicated + unexpected + corrupt === 0,
    drained,
    headlessLedgers,
    ledgerLines: lines,
    ...counts,
    examples: {
      lost: named(numbers.lost),
      queued: named(numbers.queued),
      duplicated: [...named(numbers.overwritten), ...ids.storedTwice],
      unexpected: [...ids.unexpected],
      corrupt: [...ids.corrupt],
    },
    seconds: Math.round((performance.now() - began) / 100) / 10,
    at: new Date().toISOString(),
  };
}
