/**
 * Moves messages from the SQS dead-letter queue, where they expire and cannot be filtered or annotated, into the
 * dead-letters table. The record is written before the message is deleted.
 *
 * A change that SQS moved here, because its message was not finished in time again and again, is applied instead: that
 * is all it asks for, and whether it still counts is in the condition of its write. Only one that the table rejects is
 * recorded.
 */
import type { Message } from "@aws-sdk/client-sqs";
import { reasonOf } from "../shared/dead-letters/dead-letter-record.ts";
import { deadLetterAttributes } from "../shared/dead-letters/dead-letter.ts";
import { entriesOf, isBodyOfAnotherVersion } from "../shared/dead-letters/dead-letter-entry.ts";
import type { Change } from "../shared/registration/change.ts";
import type { Rejected } from "./batch-insert.ts";
import type { ChangeWriter } from "./changes/change-writer.ts";
import type { DeadLettersTable } from "./dead-letters-table.ts";

export interface DeadLetterCollector {
  /** @returns whether all of the message is recorded and it may be deleted; never rejects */
  collect(message: Message): Promise<boolean>;
}

export interface DeadLetterCollectorOptions {
  readonly table: DeadLettersTable;
  readonly changes: ChangeWriter;
  /** How long the changes of a message are worked on; the rest stays on the queue. */
  readonly deadlineMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** Used for messages that SQS moved by itself. */
const movedBySqs = {
  "crash-loop": "received again and again, and never finished: the worker may have crashed",
  "unsupported-version": "a pack of another version, which no worker that knows it has taken",
} as const;

export function createDeadLetterCollector(options: DeadLetterCollectorOptions): DeadLetterCollector {
  const { table, changes, deadlineMs, now, wallClock } = options;

  /** @returns why the table rejected it, if it did; undefined while it is not finished */
  async function apply(change: Change): Promise<Rejected | "done" | undefined> {
    const [result] = await changes.writeAll([change], now() + deadlineMs);
    if (result?.kind === "rejected") return result;
    return result === undefined || result.kind === "unfinished" ? undefined : "done";
  }

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
        entriesOf(body).map(async ({ change, ...entry }) => {
          const failure = { ...entry, failedAt, messageId };
          if (!change || named !== undefined) return table.record({ ...failure, reason, detail });
          const applied = await apply(change);
          if (applied === "done" || applied === undefined) return applied === "done";
          return table.record({ ...failure, reason: applied.reason, detail: applied.detail });
        }),
      );
      return recorded.every(Boolean);
    },
  };
}
