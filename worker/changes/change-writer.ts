/**
 * Applies the changes of a message: corrections and withdrawals of single registrations.
 *
 *     correction   the item is this registration ──► its content from now on
 *                  its dead letter is open ────────► what a replay sends
 *                  nothing is settled yet ─────────► what its registration would become: stored, or a duplicate
 *     withdrawal   outcome, then tombstone; an open dead letter is discarded, and of a resolved one the content removed
 *
 * A change of a registration that never became the item under its address (a duplicate) changes no other: a correction
 * does nothing, a withdrawal changes its outcome. Who outranks whom is decided by the conditions of the calls
 * (`registration-changes.ts`), so the order of delivery does not matter.
 *
 * Changes are few, so they are made one by one, a limited number at once, with their own breakers.
 */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { sqsLimits } from "../../shared/aws/aws-limits.ts";
import {
  isClaimed,
  type DeadLetterRecord,
  type DeadLetterState,
} from "../../shared/dead-letters/dead-letter-record.ts";
import type { Operation } from "../../shared/process/system-error.ts";
import { nothingExpires, withoutExpiredAnswers } from "../../shared/registration/answer-expiry.ts";
import {
  corrected,
  outranks,
  type Change,
  type Correction,
  type Withdrawal,
} from "../../shared/registration/change.ts";
import { isTombstone } from "../../shared/registration/tombstone.ts";
import { rejection, type Rejected } from "../batch-insert.ts";
import type { Unfinished } from "../batch-writer.ts";
import type { RegistrationWriter } from "../registration-writer.ts";
import type { RetryingCaller } from "../retrying-caller.ts";
import { decide } from "../taken-address.ts";
import { createDeadLetterChanges } from "./dead-letter-changes.ts";
import { createRegistrationChanges, type ChangeAttempt } from "./registration-changes.ts";

export type ChangeResult =
  /** It is what counts now, or was already. */
  | { readonly kind: "applied" }
  /** Another change outranks it, or the registration is not, or no longer, there to be changed. */
  | { readonly kind: "ignored" }
  | Rejected
  | Unfinished;

export interface ChangeWriter {
  /**
   * @param changes any number, of any registrations
   * @param deadline on the clock of `now`; time with an open breaker does not count
   * @returns a result for each, in order; never rejects
   */
  writeAll(changes: readonly Change[], deadline: number): Promise<ChangeResult[]>;
}

export interface ChangeWriterOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  readonly outcomesTable: string;
  readonly deadLettersTable: string;
  /** Days until DynamoDB removes an outcome, as registrations. Default: never. */
  readonly retentionDays?: number | undefined;
  /** For corrections that arrive before their registrations. */
  readonly writer: Pick<RegistrationWriter, "writeAll">;
  /** For the registrations table, the outcomes table and the dead-letters table. */
  readonly callers: Readonly<Record<"registrations" | "outcomes" | "deadLetters", RetryingCaller>>;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** @returns the fields whose answers are not stored any more. Default: none. */
  readonly expired?: (() => ReadonlySet<string>) | undefined;
  /** Called once per change that is finished. */
  readonly onChange: (kind: Change["kind"], result: ChangeResult["kind"]) => void;
}

const applied: ChangeResult = { kind: "applied" };
const ignored: ChangeResult = { kind: "ignored" };
const unfinished: Unfinished = { kind: "unfinished" };
const construct = "Roles/WorkerRole";
/** Somebody else changed what was read: seldom more than once. */
const maxRounds = 8;

type Failed = Rejected | Unfinished;

/** Ends the work on one change: it is redelivered, or the table will never take it. */
class ChangeFailed extends Error {
  readonly result: Failed;

  constructor(result: Failed) {
    super(result.kind);
    this.result = result;
  }
}

export function createChangeWriter(options: ChangeWriterOptions): ChangeWriter {
  const { writer, callers, wallClock, onChange, expired = nothingExpires } = options;
  const changes = createRegistrationChanges(options);
  const deadLetters = createDeadLetterChanges(options);
  const correcting: Operation = { action: "dynamodb:UpdateItem", resource: options.registrationsTable, construct };
  const withdrawing: Operation = { action: "dynamodb:PutItem", resource: options.registrationsTable, construct };
  const settling: Operation = { action: "dynamodb:UpdateItem", resource: options.outcomesTable, construct };
  const tables = `${options.registrationsTable} or ${options.outcomesTable}`;
  const reading: Operation = { action: "dynamodb:BatchGetItem", resource: tables, construct };
  const readingRecord: Operation = { action: "dynamodb:GetItem", resource: options.deadLettersTable, construct };
  const changingRecord: Operation = { action: "dynamodb:UpdateItem", resource: options.deadLettersTable, construct };

  /** @throws ChangeFailed when it is rejected or not made in time */
  async function call<Result>(
    caller: RetryingCaller,
    operation: Operation,
    deadline: number,
    make: () => Promise<Result>,
  ): Promise<Result> {
    let result: { readonly value: Result } | undefined;
    let error: unknown;
    const made = await caller.attempt(
      operation,
      async () => {
        try {
          result = { value: await make() };
        } catch (cause) {
          error = cause;
          throw cause;
        }
      },
      deadline,
    );
    if (made && result) return result.value;
    const { name = "", message = "" } = error instanceof Error ? error : {};
    const rejected = name === "ValidationException" ? rejection(operation, name, message) : unfinished;
    throw new ChangeFailed(rejected.kind === "rejected" ? rejected : unfinished);
  }

  const readRecord = (id: string, deadline: number) =>
    call(callers.deadLetters, readingRecord, deadline, () => deadLetters.read(id));

  /**
   * Changes the dead letter of the registration in one of these states, by default while it waits for a decision. One that is being replayed is left alone:
   * the change is made to what the replay stores.
   * @param change says false when the record has changed meanwhile
   * @returns the record that was read last, undefined without one, and whether it was changed
   */
  async function changeRecord(
    id: string,
    deadline: number,
    change: (record: DeadLetterRecord) => Promise<boolean>,
    states: readonly DeadLetterState[] = ["open"],
  ): Promise<{ readonly record: DeadLetterRecord | undefined; readonly changed: boolean }> {
    // Each round reads what another one changed.
    /* oxlint-disable no-await-in-loop */
    for (let round = 0; round < maxRounds; round += 1) {
      const record = await readRecord(id, deadline);
      if (!record || !states.includes(record.state) || isClaimed(record, wallClock()))
        return { record, changed: false };
      if (await call(callers.deadLetters, changingRecord, deadline, () => change(record))) {
        return { record, changed: true };
      }
    }
    /* oxlint-enable no-await-in-loop */
    throw new ChangeFailed(unfinished);
  }

  /** @returns where it is, or will be, stored: an organiser may have corrected the address of its dead letter */
  function addressOf(record: DeadLetterRecord | undefined, { email }: Change): string {
    return record?.registration?.email ?? email;
  }

  const find = (email: string, id: string, deadline: number) =>
    call(callers.registrations, reading, deadline, () => changes.find(email, id));

  /** After this nothing is on the queue any more: a registration that is not there will not come. */
  function mayStillCome({ submittedAt }: Change): boolean {
    return wallClock() - Date.parse(submittedAt) < sqsLimits.maxRetentionSeconds * 1_000;
  }

  /**
   * As many calls for a duplicate as for the item under the address, or the pace of what comes next would tell them
   * apart.
   */
  async function correct(correction: Correction, deadline: number): Promise<ChangeResult> {
    const {
      replayOf: _replayOf,
      claim: _claim,
      ...registration
    } = withoutExpiredAnswers(corrected(correction), expired());
    const { id, email } = correction;
    const update = (address: string) =>
      call(callers.registrations, correcting, deadline, () => changes.correct({ ...registration, email: address }));
    let outranked = false;
    const { record, changed } = await changeRecord(id, deadline, async (open) => {
      outranked = !outranks(correction, open.registration ?? {});
      return outranked || deadLetters.correct(open, registration);
    });
    const address = addressOf(record, correction);
    let attempt = await update(address);
    if (address !== email && !isOfIt(attempt, id)) attempt = await update(email);
    // Needed only where it is not the item, but made for all: the number of calls must not tell them apart.
    const { outcome } = await find(address, id, deadline);
    if (isOfIt(attempt, id)) return resultOf(attempt, correction);
    if (changed) return outranked ? ignored : applied;
    const standing = attempt.done ? undefined : attempt.standing;
    const isBuried = standing !== undefined && isTombstone(standing);
    if (record?.state === "discarded" || outcome !== undefined || (!isBuried && !mayStillCome(correction))) {
      return ignored;
    }
    // It becomes what its registration would become now, which may still be on its way or was overtaken by another: stored,
    // or a duplicate where another one stands. Passing it over would lose it if that one were withdrawn before the
    // registration came, which would then be stored as it was first sent.
    const [written = unfinished] = await writer.writeAll([{ ...registration, email: address }], deadline);
    if (written.kind === "unfinished" || written.kind === "rejected") return written;
    // Its registration may have been first, without the correction.
    return written.kind === "stored" ? resultOf(await update(address), correction) : ignored;
  }

  /** Whether the registration itself was found under the address. */
  function isOfIt(attempt: ChangeAttempt, id: string): boolean {
    if (attempt.done) return true;
    const { standing } = attempt;
    return standing !== undefined && !isTombstone(standing) && standing.registrationId === id;
  }

  /** What became of an update of the item: done before, or outranked. */
  function resultOf(attempt: ChangeAttempt, { changedAt, mailbox }: Correction): ChangeResult {
    if (attempt.done) return applied;
    const { standing } = attempt;
    const isIt = standing && "changedAt" in standing && standing.changedAt === changedAt;
    return isIt && standing.mailbox === mailbox ? applied : ignored;
  }

  async function withdraw(withdrawal: Withdrawal, deadline: number): Promise<ChangeResult> {
    const { id, mailbox } = withdrawal;
    const record = await readRecord(id, deadline);
    const email = addressOf(record, withdrawal);
    const { standing, outcome: settled } = await find(email, id, deadline);
    const isItem = standing !== undefined && !isTombstone(standing) && standing.registrationId === id;
    const hasClaim = record?.registration?.mailbox || (isItem && standing.mailbox);
    // What was begun before the claim is finished, by a redelivery after a crash: its status says so already.
    if (hasClaim && !mailbox && settled !== "withdrawn") return ignored;
    const now = wallClock();
    const verdict = standing && !isItem ? decide(withdrawal, standing, undefined, now) : undefined;
    const outcome = verdict?.kind === "outcome" && verdict.outcome === "erased" ? "erased" : "withdrawn";
    // First, after as many calls as for a duplicate, since it is what its status says.
    await call(callers.outcomes, settling, deadline, () => changes.settle(id, outcome, now));
    for (const address of new Set([email, withdrawal.email])) {
      // oxlint-disable-next-line no-await-in-loop -- two at most
      await call(callers.registrations, withdrawing, deadline, () => changes.withdraw({ email: address, id }, now));
    }
    if (record) await changeRecord(id, deadline, deadLetters.withdraw, ["open", "resolved"]);
    return outcome === "withdrawn" ? applied : ignored;
  }

  async function write(change: Change, deadline: number): Promise<ChangeResult> {
    try {
      return await (change.kind === "correction" ? correct(change, deadline) : withdraw(change, deadline));
    } catch (error) {
      if (error instanceof ChangeFailed) return error.result;
      throw error;
    }
  }

  return {
    writeAll: (all, deadline) =>
      Promise.all(
        all.map(async (change) => {
          const result = await write(change, deadline);
          if (result.kind !== "unfinished") onChange(change.kind, result.kind);
          return result;
        }),
      ),
  };
}
