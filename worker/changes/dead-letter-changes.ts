/**
 * Corrects and withdraws what waits in the dead-letters table. Each change is conditional on the record that was read,
 * as an organiser's is.
 */
import { GetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { DeadLetterRecord, HistoryEntry } from "../../shared/dead-letters/dead-letter-record.ts";
import { changeUnclaimed, claimAttributes } from "../../shared/dead-letters/record-change.ts";
import type { Registration } from "../../shared/registration/registration.ts";

export interface DeadLetterChanges {
  /** @returns the whole record; undefined when there is none */
  read(id: string): Promise<DeadLetterRecord | undefined>;
  /**
   * What a replay sends from now on, to the address that an organiser may have corrected.
   * @returns whether it was changed; false when the record has changed or is being replayed
   */
  correct(seen: DeadLetterRecord, registration: Registration): Promise<boolean>;
  /**
   * Discards an open one, and removes from any everything that the attendee had sent, from its history as well. Its body
   * is never in parts: packs are much smaller.
   * @returns as `correct`
   */
  withdraw(seen: DeadLetterRecord): Promise<boolean>;
}

export interface DeadLetterChangesOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly deadLettersTable: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export function createDeadLetterChanges(options: DeadLetterChangesOptions): DeadLetterChanges {
  const { documents, deadLettersTable, wallClock } = options;

  function entryOf(what: HistoryEntry["what"], detail: string): HistoryEntry {
    return { at: new Date(wallClock()).toISOString(), who: "attendee", what, detail };
  }

  return {
    async read(id) {
      const { Item } = await documents.send(
        new GetCommand({ TableName: deadLettersTable, Key: { id }, ConsistentRead: true }),
      );
      return Item?.state === undefined ? undefined : (Item as DeadLetterRecord);
    },
    correct(seen, registration) {
      const entry = entryOf("edited", "corrected by the attendee");
      return changeUnclaimed(documents, deadLettersTable, seen, entry.at, {
        entry,
        set: {
          registration: { ...registration, email: seen.registration?.email ?? registration.email },
          submittedAt: registration.submittedAt,
        },
        remove: claimAttributes,
      });
    },
    withdraw(seen) {
      const entry = entryOf("discarded", "withdrawn by the attendee");
      const history = seen.history.map(({ changes: _changes, ...rest }) => rest);
      return changeUnclaimed(documents, deadLettersTable, seen, entry.at, {
        set: {
          ...(seen.state === "open" && { state: "discarded" }),
          body: "",
          history: [...history, entry],
        },
        remove: [...claimAttributes, "registration", "email"],
      });
    },
  };
}
