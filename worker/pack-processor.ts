/**
 * Processes one message: opens the pack, has its registrations stored, dead-letters what cannot be, and says whether
 * the message may be deleted. Unfinished registrations stay in it.
 */
import type { Message } from "@aws-sdk/client-sqs";
import type { DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";
import { TurnoutError, type ValidationError } from "../shared/errors.ts";
import { isBodyOfAnotherVersion } from "../shared/dead-letters/dead-letter-entry.ts";
import type { Outcome } from "../shared/registration/outcome.ts";
import { nothingExpires, withoutExpiredAnswers } from "../shared/registration/answer-expiry.ts";
import { changeErrors, isChangeEntry, type Change, type Correction } from "../shared/registration/change.ts";
import { decodePack } from "../shared/registration/registration-pack.ts";
import { registrationErrors, type Registration } from "../shared/registration/registration.ts";
import type { ChangeResult, ChangeWriter } from "./changes/change-writer.ts";
import type { DeadLetterQueue } from "./dead-letter-queue.ts";
import type { DeadLettersTable } from "./dead-letters-table.ts";
import type { Disposition } from "./drain.ts";
import { dueMails } from "./mail/due-mails.ts";
import type { Outbox } from "./mail/outbox.ts";
import { mergeRejections, type Rejection } from "./rejections.ts";
import type { RegistrationWriter, WriteOutcome } from "./registration-writer.ts";
import type { ReplayGuard } from "./replay-guard.ts";

export interface PackProcessor {
  /**
   * @returns whether everything is stored, has an outcome or is dead-lettered, or how long to leave it to workers of
   *   another version; never rejects because of the message
   */
  process(message: Message): Promise<Disposition>;
}

export interface PackProcessorOptions {
  readonly writer: Pick<RegistrationWriter, "writeAll">;
  readonly changes: ChangeWriter;
  readonly deadLetters: DeadLetterQueue;
  readonly records: DeadLettersTable;
  readonly replays: ReplayGuard;
  /** Takes the mails that are due. Default: none are. */
  readonly outbox?: Pick<Outbox, "post"> | undefined;
  /** @returns seconds to hide a pack of another version after so many receives; undefined when no longer */
  readonly hideSecondsAfter: (receives: number) => number | undefined;
  /** @returns the fields whose answers are not stored any more. Default: none. */
  readonly expired?: (() => ReadonlySet<string>) | undefined;
  readonly deadlineMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly onPack: (registrations: number) => void;
  readonly onOutcome: (outcome: WriteOutcome["kind"]) => void;
  /** Called per hidden pack of another version. */
  readonly onHidden: () => void;
}

const reasonByCode: Partial<Record<string, DeadLetterReason>> = {
  TURNOUT_PACK_MALFORMED: "malformed",
  TURNOUT_PACK_VERSION_UNSUPPORTED: "unsupported-version",
};

function entryErrors(entry: unknown): ValidationError[] {
  return isChangeEntry(entry) ? changeErrors(entry) : registrationErrors(entry);
}

/**
 * @returns the stored registrations that were corrected as dead letters: where an earlier delivery had stored one, its
 *   insert has not corrected it
 */
function correctionsAmong(registrations: readonly Registration[], outcomes: readonly WriteOutcome[]) {
  const found: { readonly index: number; readonly correction: Correction }[] = [];
  for (const [index, registration] of registrations.entries()) {
    const { changedAt } = registration;
    if (changedAt === undefined || outcomes[index]?.kind !== "stored") continue;
    found.push({ index, correction: { ...registration, kind: "correction", changedAt } });
  }
  return found;
}

export function createPackProcessor(options: PackProcessorOptions): PackProcessor {
  const { writer, changes: changeWriter, deadLetters, records, replays, outbox } = options;
  const { hideSecondsAfter, deadlineMs, now } = options;
  const { onPack, onOutcome, onHidden, expired = nothingExpires } = options;

  function rejectWhole(body: string, attempts: number, deadline: number, error: TurnoutError): Promise<boolean> {
    const reason = reasonByCode[error.code] ?? "malformed";
    return deadLetters.send({ body, reason, detail: error.message, attempts }, deadline);
  }

  function rejectionOf(entry: unknown): Rejection {
    const detail = entryErrors(entry)
      .map((systemError) => `${systemError.pointer || "/"} ${systemError.detail}`)
      .join("; ");
    return { entry, reason: "invalid-registration", detail };
  }

  async function rejectAll(rejections: readonly Rejection[], attempts: number, deadline: number): Promise<boolean> {
    const sent = await Promise.all(
      mergeRejections(rejections).map((rejected) => deadLetters.send({ ...rejected, attempts }, deadline)),
    );
    return sent.every(Boolean);
  }

  /** @returns whether it is finished; synchronous in the usual case */
  function finish({ replayOf: id, claim }: Registration, kind: "stored" | Outcome): boolean | Promise<boolean> {
    return id === undefined || records.resolve({ id, claim }, kind === "stored" ? "stored" : "duplicate");
  }

  return {
    async process({ Body: body = "", Attributes }) {
      const attempts = Number(Attributes?.ApproximateReceiveCount ?? 1);
      const deadline = now() + deadlineMs;
      let pack;
      try {
        pack = decodePack(body);
      } catch (error) {
        if (!(error instanceof TurnoutError)) throw error;
        const hideSeconds = isBodyOfAnotherVersion(body) ? hideSecondsAfter(attempts) : undefined;
        if (hideSeconds === undefined) return rejectWhole(body, attempts, deadline, error);
        onHidden();
        return { hideSeconds };
      }
      const { invalid } = pack;
      onPack(pack.registrations.length + pack.changes.length + invalid.length);
      const { registrations: admitted, unfinished } = await replays.admit(pack.registrations);
      const over = expired();
      const registrations = admitted.map((registration) => withoutExpiredAnswers(registration, over));
      for (let count = 0; count < unfinished; count += 1) onOutcome("unfinished");
      const outcomes = await writer.writeAll(registrations, deadline);
      const rejections = invalid.map(rejectionOf);
      const waited: Promise<boolean>[] = [];
      let done = unfinished === 0;

      /** @returns whether it is settled: neither left in its message nor to be dead-lettered */
      function settle(entry: Registration | Change, result: WriteOutcome | ChangeResult): boolean {
        if (result.kind === "unfinished") done = false;
        else if (result.kind !== "rejected") return true;
        else rejections.push({ entry, reason: result.reason, detail: result.detail });
        return false;
      }

      const corrections = correctionsAmong(registrations, outcomes);
      // After the registrations, which they mostly follow in the same pack if at all.
      const changes = [...pack.changes, ...corrections.map(({ correction }) => correction)];
      const results = changes.length > 0 ? await changeWriter.writeAll(changes, deadline) : [];
      for (const [index, change] of pack.changes.entries()) settle(change, results[index] ?? { kind: "unfinished" });
      for (const [place, { index }] of corrections.entries()) {
        const result = results[pack.changes.length + place];
        // What could not be corrected is not finished, though its registration is stored.
        if (result?.kind === "unfinished" || result?.kind === "rejected") outcomes[index] = result;
      }
      // Before replays are closed and the message is deleted, or a crash would forget them.
      const posted = outbox === undefined || (await outbox.post(dueMails(registrations, outcomes), deadline));
      if (!posted) done = false;
      for (const [index, registration] of registrations.entries()) {
        const outcome = outcomes[index] ?? { kind: "unfinished" };
        onOutcome(outcome.kind);
        if (!settle(registration, outcome) || !posted) continue;
        const finished = finish(registration, outcome.kind as "stored" | Outcome);
        if (typeof finished !== "boolean") waited.push(finished);
      }
      // Unfinished messages are redelivered, so rejected entries are sent only once, with the last delivery.
      if (done && rejections.length > 0) waited.push(rejectAll(rejections, attempts, deadline));
      return (await Promise.all(waited)).every(Boolean) && done;
    },
  };
}
