/**
 * Collects dead letters: takes messages off the SQS dead-letter queue, where they would age and could not be filtered or
 * annotated, and makes records of the dead-letters table of them. The record is written before the message is deleted.
 */
import type { Message } from "@aws-sdk/client-sqs";
import { idOfBody, reasonOf } from "../shared/dead-letter-record.ts";
import { deadLetterAttributes } from "../shared/dead-letter.ts";
import { decodePack, encodePack, encodeUnknownEntry } from "../shared/registration-pack.ts";
import type { Registration } from "../shared/registration.ts";
import type { DeadLettersTable, Failure } from "./dead-letters-table.ts";

export interface DeadLetterCollector {
  /** @returns whether everything in the message is safely recorded, so that it may be deleted; never rejects */
  collect(message: Message): Promise<boolean>;
}

export interface DeadLetterCollectorOptions {
  readonly table: DeadLettersTable;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

type Content = Pick<Failure, "id" | "body" | "registration">;

const idFormat = /^[A-Za-z0-9-]{8,64}$/;

/** A registration that is replayed fails as the record that it is a replay of. */
function recordId({ id, replayOf }: Registration): string {
  return replayOf ?? id;
}

/** The id of something that is no registration but may still say which one it was to be. */
function idOfEntry(entry: unknown, body: string): string {
  const { id } = typeof entry === "object" && entry !== null ? (entry as { id?: unknown }) : {};
  return typeof id === "string" && idFormat.test(id) ? id : idOfBody(body);
}

/**
 * What a body holds, one record each: a pack that SQS moved as a whole has many people in it, and each wants to see
 * "needs attention" at the own receipt.
 */
function contents(body: string): Content[] {
  try {
    const { registrations, invalid } = decodePack(body);
    if (registrations.length + invalid.length === 1) {
      const [registration] = registrations;
      return [{ id: registration ? recordId(registration) : idOfEntry(invalid[0], body), body, registration }];
    }
    return [
      ...registrations.map((registration) => ({
        id: recordId(registration),
        body: encodePack([registration]),
        registration,
      })),
      ...invalid.map((entry) => {
        const own = encodeUnknownEntry(entry);
        return { id: idOfEntry(entry, own), body: own, registration: undefined };
      }),
    ];
  } catch {
    return [{ id: idOfBody(body), body, registration: undefined }];
  }
}

export function createDeadLetterCollector({ table, wallClock }: DeadLetterCollectorOptions): DeadLetterCollector {
  return {
    async collect({ Body: body = "", MessageId: messageId = "", MessageAttributes: attributes = {} }) {
      const read = (name: string) => attributes[name]?.StringValue;
      const reason = reasonOf(read(deadLetterAttributes.reason));
      const detail =
        read(deadLetterAttributes.detail) ??
        "received again and again, and never finished: the worker may have crashed";
      const failedAt = read(deadLetterAttributes.failedAt) ?? new Date(wallClock()).toISOString();
      const recorded = await Promise.all(
        contents(body).map((content) => table.record({ ...content, reason, detail, failedAt, messageId })),
      );
      return recorded.every(Boolean);
    },
  };
}
