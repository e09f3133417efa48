/**
 * The audit: waits for the drain, gives the checker ledger, dead letters, outcomes, table and mails, and names examples
 * of what it finds. Read-only, and it never receives messages. Options and output are in `commands/audit.ts`.
 */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { TurnoutError } from "../../shared/errors.ts";
import { scanTable } from "../../shared/aws/table-scan.ts";
import { createExpiredFields } from "../../shared/registration/answer-expiry.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { isTombstone } from "../../shared/registration/tombstone.ts";
import { readLedger, readLedgerHead } from "./ledger.ts";
import { awsTime } from "../../terminal/connection.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import type { AuditReport } from "./audit-report.ts";
import { createHeldPacks } from "./held-packs.ts";
import { waitUntilDrained } from "./drain-wait.ts";
import type { MailEvidence, OutcomeEvidence, StoredItem } from "./evidence.ts";
import { createChecker } from "./checker.ts";
import type { Checker } from "./verdict.ts";

export interface AuditOptions {
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly registrationsTable: string;
  readonly deadLettersTable: string;
  readonly outcomesTable: string;
  readonly activityTable: string;
  /** Both undefined where mail is off: then no mail is expected. */
  readonly mailQueueUrl?: string | undefined;
  readonly mailsTable?: string | undefined;
  /** Paths of one run's ledgers, one per sending process. */
  readonly ledgers: readonly string[];
  /** Longest wait for the drain, seconds. */
  readonly drainTimeoutSeconds: number;
  /** Longest wait for queued mails, seconds. Default: what is left of the time for the drain. */
  readonly mailsTimeoutSeconds?: number | undefined;
  /** Says which answers expire. Default: none. */
  readonly event?: EventDefinition | undefined;
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
  | "reading registrations"
  | "waiting for mails"
  | "reading mails";

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

/**
 * After the table is read: somebody stored meanwhile, whose mail is under way, is not counted without it.
 * @param timeoutSeconds for the wait until the mail queue is drained, if mails are left out until then
 * @returns whether it is; undefined where mail is off
 */
async function readMails(
  checker: Checker,
  { sqs, documents, mailQueueUrl, mailsTable: tableName, signal, onProgress }: AuditOptions,
  timeoutSeconds: number,
): Promise<boolean | undefined> {
  if (mailQueueUrl === undefined || tableName === undefined) return undefined;
  let mails = 0;
  const read = () =>
    scanTable({
      documents,
      tableName,
      segments: scanSegments,
      attributes: ["id", "outcome"],
      signal,
      onPage(items) {
        for (const item of items) checker.mail(item as unknown as MailEvidence);
        mails += items.length;
        onProgress("reading mails", mails);
      },
    });
  await read();
  // Repeated requests can stay on the queue for minutes, and do not matter.
  if (checker.mailsOpen() === 0) return true;
  const drained = await waitUntilDrained({
    sqs,
    queueUrls: [mailQueueUrl],
    timeoutSeconds: Math.max(0, timeoutSeconds),
    signal,
    onPoll: ({ waiting, inFlight }) => onProgress("waiting for mails", waiting + inFlight),
  });
  mails = 0;
  await read();
  return drained;
}

/** What expires while the audit waits and reads may be removed meanwhile. */
const longestAuditMs = 86_400_000;
/** The worker removes what has expired once a day. */
const removalMs = 2 * 86_400_000;

function expiryOf(event: EventDefinition | undefined, now: number) {
  const expired = createExpiredFields(event);
  return { notCompared: expired(now + longestAuditMs), overdue: expired(now - removalMs) };
}

/** @throws TURNOUT_LEDGER_INVALID, TURNOUT_INTERRUPTED; the SDK's error when AWS does not answer or rejects the call */
export async function runAudit(options: AuditOptions): Promise<AuditReport> {
  const { sqs, documents, queueUrl, deadLetterQueueUrl, ledgers, signal, onProgress } = options;
  const began = performance.now();
  const checker = createChecker({ othersAllowed: options.othersAllowed, ...expiryOf(options.event, Date.now()) });
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
  const drainBegan = performance.now();
  const drained = await waitUntilDrained({
    sqs,
    queueUrls: [queueUrl, deadLetterQueueUrl],
    timeoutSeconds: options.drainTimeoutSeconds,
    heldPacks: createHeldPacks({ ...options, wallClock: () => awsTime(documents) }),
    signal,
    onPoll: ({ waiting, inFlight }) => onProgress("draining", waiting + inFlight),
  });
  // Dead letters first: what is replayed meanwhile moves to the table and is seen twice rather than never.
  let deadLetters = 0;
  await createDeadLetterStore(documents, options.deadLettersTable).scan({}, signal, (records) => {
    for (const { id, registration, state, history } of records) {
      // What an attendee corrected is in the ledger.
      const edited = history.some(({ what, who }) => what === "edited" && who !== "attendee");
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
    attributes: [
      "email",
      "registrationId",
      "name",
      "answers",
      "submittedAt",
      "storedAt",
      "tombstone",
      "changedAt",
      "mailbox",
    ],
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
  const leftSeconds = options.drainTimeoutSeconds - (performance.now() - drainBegan) / 1_000;
  const mailsDrained = await readMails(checker, options, options.mailsTimeoutSeconds ?? leftSeconds);
  const { counts, numbers, ids } = checker.verdict({ drained, mailsDrained });
  const names = await namesOf(Object.values(numbers).flat(), checker, ledgers);
  const named = (list: readonly number[]) => list.map((number) => names.get(number) ?? "");
  const { lost, queued, duplicated, unexpected, corrupt, stale, changesQueued, mailsMissing } = counts;
  const unexplained = lost + queued + duplicated + unexpected + corrupt + stale + changesQueued + mailsMissing;
  return {
    passed: unexplained + counts.expiredAnswersKept === 0,
    drained,
    headlessLedgers,
    ledgerLines: lines,
    ...counts,
    examples: {
      lost: named(numbers.lost),
      queued: named(numbers.queued),
      duplicated: [...named(numbers.overwritten), ...ids.storedTwice],
      unexpected: [...ids.unexpected, ...named(numbers.withdrawn)],
      corrupt: [...ids.corrupt],
      expiredAnswersKept: [...ids.expiredAnswersKept],
      stale: named(numbers.stale),
      mailsMissing: named(numbers.mailsMissing),
    },
    seconds: Math.round((performance.now() - began) / 100) / 10,
    at: new Date().toISOString(),
  };
}
