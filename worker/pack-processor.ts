/**
 * Works on one message: opens the pack, has its registrations stored, dead-letters what never will be, and says whether
 * everything in it is done. Only then may the message be deleted: undone registrations simply stay in it.
 */
import type { Message } from "@aws-sdk/client-sqs";
import type { DeadLetterReason } from "../shared/dead-letter.ts";
import { TurnoutError } from "../shared/errors.ts";
import { decodePack, encodePack, encodeUnknownEntry } from "../shared/registration-pack.ts";
import { registrationFaults, type Registration } from "../shared/registration.ts";
import type { DeadLetterQueue } from "./dead-letter-queue.ts";
import type { DeadLettersTable } from "./dead-letters-table.ts";
import type { RegistrationWriter, WriteOutcome } from "./registration-writer.ts";

export interface PackProcessor {
  /** @returns whether all of it is stored, duplicate or dead-lettered; never rejects for a fault of the message */
  process(message: Message): Promise<boolean>;
}

export interface PackProcessorOptions {
  readonly writer: RegistrationWriter;
  readonly deadLetters: DeadLetterQueue;
  readonly records: DeadLettersTable;
  readonly deadlineMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly onPack: (registrations: number) => void;
  readonly onOutcome: (outcome: WriteOutcome["kind"]) => void;
}

const reasonByCode: Partial<Record<string, DeadLetterReason>> = {
  TURNOUT_PACK_MALFORMED: "malformed",
  TURNOUT_PACK_VERSION_UNSUPPORTED: "unsupported-version",
};

export function createPackProcessor(options: PackProcessorOptions): PackProcessor {
  const { writer, deadLetters, records, deadlineMs, now, onPack, onOutcome } = options;

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
        const { replayOf } = registration;
        return replayOf === undefined || records.resolve(replayOf, outcome.kind);
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
        if (error instanceof TurnoutError) return refuseWhole(body, attempts, error);
        throw error;
      }
      const { registrations, invalid } = pack;
      onPack(registrations.length + invalid.length);
      const refusals = invalid.map((entry) => refuseEntry(entry, attempts));
      const outcomes = await writer.writeAll(registrations, deadline);
      let done = true;
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
