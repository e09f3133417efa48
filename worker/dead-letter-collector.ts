/**
 * Moves messages from the SQS dead-letter queue, where they expire and cannot be filtered or annotated, into the
 * dead-letters table. The record is written before the message is deleted.
 */
import type { Message } from "@aws-sdk/client-sqs";
import { reasonOf } from "../shared/dead-letters/dead-letter-record.ts";
import { deadLetterAttributes } from "../shared/dead-letters/dead-letter.ts";
import { entriesOf, isBodyOfAnotherVersion } from "../shared/dead-letters/dead-letter-entry.ts";
import type { DeadLettersTable } from "./dead-letters-table.ts";

export interface DeadLetterCollector {
  /** @returns whether all of the message is recorded and it may be deleted; never rejects */
  collect(message: Message): Promise<boolean>;
}

export interface DeadLetterCollectorOptions {
  readonly table: DeadLettersTable;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** Used for messages that SQS moved by itself. */
const movedBySqs = {
  "crash-loop": "received again and again, and never finished: the worker may have crashed",
  "unsupported-version": "a pack of another version, which no worker that knows it has taken",
} as const;

export function createDeadLetterCollector({ table, wallClock }: DeadLetterCollectorOptions): DeadLetterCollector {
  return {
    async collect({ Body: body = "", MessageId: messageId = "", MessageAttributes: attributes = {} }) {
      const read = (name: string) => attributes[name]?.StringValue;
      // Worth its own reason: no worker that knows the version may ever come.
      const moved = isBodyOfAnotherVersion(body) ? "unsupported-version" : "crash-loop";
      const named = read(deadLetterAttributes.reason);
      const reason = named === undefined ? moved : reasonOf(named);
      const detail = read(deadLetterAttributes.detail) ?? movedBySqs[moved];
      const failedAt = read(deadLetterAttributes.failedAt) ?? new Date(wallClock()).toISOString();
      const recorded = await Promise.all(
        entriesOf(body).map((entry) => table.record({ ...entry, reason, detail, failedAt, messageId })),
      );
      return recorded.every(Boolean);
    },
  };
}
