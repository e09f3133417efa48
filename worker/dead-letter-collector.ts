/**
 * Collects dead letters: takes messages off the SQS dead-letter queue, where they would age and could not be filtered or
 * annotated, and makes records of the dead-letters table of them. The record is written before the message is deleted.
 */
import type { Message } from "@aws-sdk/client-sqs";
import { reasonOf } from "../shared/dead-letters/dead-letter-record.ts";
import { deadLetterAttributes } from "../shared/dead-letters/dead-letter.ts";
import { entriesOf, isBodyOfAnotherVersion } from "../shared/dead-letters/dead-letter-entry.ts";
import type { DeadLettersTable } from "./dead-letters-table.ts";

export interface DeadLetterCollector {
  /** @returns whether everything in the message is safely recorded, so that it may be deleted; never rejects */
  collect(message: Message): Promise<boolean>;
}

export interface DeadLetterCollectorOptions {
  readonly table: DeadLettersTable;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** What is said of a message that SQS moved by itself. */
const movedBySqs = {
  "crash-loop": "received again and again, and never finished: the worker may have crashed",
  "unsupported-version": "a pack of another version, which no worker that knows it has taken",
} as const;

export function createDeadLetterCollector({ table, wallClock }: DeadLetterCollectorOptions): DeadLetterCollector {
  return {
    async collect({ Body: body = "", MessageId: messageId = "", MessageAttributes: attributes = {} }) {
      const read = (name: string) => attributes[name]?.StringValue;
      // Named for what it is: a worker that doesn't know a version leaves its packs to others, and may never come back.
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
