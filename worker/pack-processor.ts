/**
 * Processes one message: opens the pack, has its registrations stored, dead-letters what cannot be, and says whether
 * the message may be deleted. Unfinished registrations stay in it.
 */
import type { Message } from "@aws-sdk/client-sqs";
import type { DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";
import { TurnoutError } from "../shared/errors.ts";
import { isBodyOfAnotherVersion } from "../shared/dead-letters/dead-letter-entry.ts";
import type { Outcome } from "../shared/registration/outcome.ts";
import { decodePack } from "../shared/registration/registration-pack.ts";
import { registrationErrors, type Registration } from "../shared/registration/registration.ts";
import type { DeadLetterQueue } from "./dead-letter-queue.ts";
import type { DeadLettersTable } from "./dead-letters-table.ts";
import type { Disposition } from "./drain.ts";
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
  readonly writer: RegistrationWriter;
  readonly deadLetters: DeadLetterQueue;
  readonly records: DeadLettersTable;
  readonly replays: ReplayGuard;
  /** @returns seconds to hide a pack of another version after so many receives; undefined when no longer */
  readonly hideSecondsAfter: (receives: number) => number | undefined;
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

export function createPackProcessor(options: PackProcessorOptions): PackProcessor {
  const { writer, deadLetters, records, replays, hideSecondsAfter, deadlineMs, now } = options;
  const { onPack, onOutcome, onHidden } = options;

  function rejectWhole(body: string, attempts: number, deadline: number, error: TurnoutError): Promise<boolean> {
    const reason = reasonByCode[error.code] ?? "malformed";
    return deadLetters.send({ body, reason, detail: error.message, attempts }, deadline);
  }

  function rejectionOf(entry: unknown): Rejection {
    const detail = registrationErrors(entry)
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
      onPack(pack.registrations.length + invalid.length);
      const { registrations, unfinished } = await replays.admit(pack.registrations);
      for (let count = 0; count < unfinished; count += 1) onOutcome("unfinished");
      const outcomes = await writer.writeAll(registrations, deadline);
      const rejections = invalid.map(rejectionOf);
      const waited: Promise<boolean>[] = [];
      let done = unfinished === 0;
      for (const [index, registration] of registrations.entries()) {
        const outcome = outcomes[index] ?? { kind: "unfinished" };
        onOutcome(outcome.kind);
        if (outcome.kind === "unfinished") done = false;
        else if (outcome.kind === "rejected") {
          rejections.push({ entry: registration, reason: outcome.reason, detail: outcome.detail });
        } else {
          const finished = finish(registration, outcome.kind);
          if (typeof finished !== "boolean") waited.push(finished);
        }
      }
      // Unfinished messages are redelivered, so rejected entries are sent only once, with the last delivery.
      if (done && rejections.length > 0) waited.push(rejectAll(rejections, attempts, deadline));
      return (await Promise.all(waited)).every(Boolean) && done;
    },
  };
}
