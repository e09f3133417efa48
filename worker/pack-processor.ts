/**
 * Works on one message: opens the pack, has its registrations stored, dead-letters what never will be, and says whether
 * everything in it is done. Only then may the message be deleted: undone registrations simply stay in it.
 */
import type { Message } from "@aws-sdk/client-sqs";
import type { DeadLetterReason } from "../shared/dead-letter.ts";
import { TurnoutError } from "../shared/errors.ts";
import { isBodyOfAnotherVersion } from "../shared/dead-letters/dead-letter-entry.ts";
import { decodePack, encodePack, encodeUnknownEntry } from "../shared/registration-pack.ts";
import { registrationFaults, type Registration } from "../shared/registration.ts";
import type { DeadLetterQueue } from "./dead-letter-queue.ts";
import type { DeadLettersTable } from "./dead-letters-table.ts";
import type { Disposition } from "./drain.ts";
import type { RegistrationWriter, WriteOutcome } from "./registration-writer.ts";
import type { ReplayGate } from "./replay-gate.ts";

export interface PackProcessor {
  /**
   * @returns whether all of it is stored, duplicate or dead-lettered, or for how long it is to be left to workers of another
   *   version; never rejects for a fault of the message
   */
  process(message: Message): Promise<Disposition>;
}

export interface PackProcessorOptions {
  readonly writer: RegistrationWriter;
  readonly deadLetters: DeadLetterQueue;
  readonly records: DeadLettersTable;
  readonly replays: ReplayGate;
  /** @returns for how long to hide a pack of another version, in seconds, after so many receives; undefined for no longer */
  readonly hideSecondsAfter: (receives: number) => number | undefined;
  readonly deadlineMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly onPack: (registrations: number) => void;
  readonly onOutcome: (outcome: WriteOutcome["kind"]) => void;
  /** Told of each pack of another version that is hidden. */
  readonly onHidden: () => void;
}

const reasonByCode: Partial<Record<string, DeadLetterReason>> = {
  TURNOUT_PACK_MALFORMED: "malformed",
  TURNOUT_PACK_VERSION_UNSUPPORTED: "unsupported-version",
};

export function createPackProcessor(options: PackProcessorOptions): PackProcessor {
  const { writer, deadLetters, records, replays, hideSecondsAfter, deadlineMs, now } = options;
  const { onPack, onOutcome, onHidden } = options;

  function refuseWhole(body: string, attempts: number, error: TurnoutError): Promise<boolean> {
    const reason = reasonByCode[error.code] ?? "malformed";
    return deadLetters.send({ body, reason, detail: error.message, attempts });
  }

  function refuseEntry(entry: unknown, attempts: number): Promise<boolean> {
    const detail = registrationFaults(entry)
      .map((fault) => `${fault.pointer || "/"} ${fault.detail}`)
      .join("; ");
    return deadLetters.send({ body: encodeUnknownEntry(entry), reason: "invalid-registration", detail, attempts });
  }

  /** @returns whether it is done; at once for nearly all, which have nothing more to wait for */
  function finish(registration: Registration, outcome: WriteOutcome, attempts: number): boolean | Promise<boolean> {
    onOutcome(outcome.kind);
    switch (outcome.kind) {
      case "undone":
        return false;
      case "rejected": {
        const { reason, detail } = outcome;
        return deadLetters.send({ body: encodePack([registration]), reason, detail, attempts });
      }
      default: {
        const { replayOf: id, claim } = registration;
        return id === undefined || records.resolve({ id, claim }, outcome.kind);
      }
    }
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
        if (hideSeconds === undefined) return refuseWhole(body, attempts, error);
        onHidden();
        return { hideSeconds };
      }
      const { invalid } = pack;
      onPack(pack.registrations.length + invalid.length);
      const refusals = invalid.map((entry) => refuseEntry(entry, attempts));
      const { registrations, undone } = await replays.admit(pack.registrations);
      for (let count = 0; count < undone; count += 1) onOutcome("undone");
      const outcomes = await writer.writeAll(registrations, deadline);
      let done = undone === 0;
      const waited = refusals;
      for (const [index, registration] of registrations.entries()) {
        const finished = finish(registration, outcomes[index] ?? { kind: "undone" }, attempts);
        if (typeof finished === "boolean") done &&= finished;
        else waited.push(finished);
      }
      return (await Promise.all(waited)).every(Boolean) && done;
    },
  };
}
