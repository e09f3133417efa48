/**
 * The dead-letters table for admins. Every change is conditional on what was read, so concurrent changes never
 * overwrite each other: the second one fails and reads again.
 */
import { DeleteCommand, GetCommand, PutCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  joinBody,
  type BodyPart,
  type DeadLetterRecord,
  type DeadLetterState,
  type HistoryEntry,
} from "./dead-letter-record.ts";
import type { DeadLetterReason } from "./dead-letter.ts";
import type { Registration } from "../registration/registration.ts";
import { changeUnclaimed, isConditionFailure, type SeenRecord } from "./record-change.ts";
import {
  createReplayRecords,
  summaryAttributes,
  type DeadLetterSummary,
  type ReplayRecords,
} from "./replay-records.ts";
import { toStorable } from "./storable.ts";
import { scanTable } from "../aws/table-scan.ts";

export interface DeadLetterFilter {
  readonly reason?: DeadLetterReason | undefined;
  readonly state?: DeadLetterState | undefined;
  /** Last failed at or after this: ISO 8601, UTC. */
  readonly since?: string | undefined;
}

export interface DeadLetterStore extends ReplayRecords {
  /** @returns the whole record; undefined when there is none */
  read(id: string): Promise<DeadLetterRecord | undefined>;
  /** @returns the body as received */
  readBody(record: DeadLetterRecord): Promise<string>;
  /** Reads all matching records, unordered, page by page. */
  scan(
    filter: DeadLetterFilter,
    signal: AbortSignal,
    onPage: (records: readonly DeadLetterSummary[]) => Promise<void> | void,
  ): Promise<void>;
  /** The same for all records with bodies; those in parts need `readBody`. */
  scanWithBodies(signal: AbortSignal, onPage: (records: readonly DeadLetterRecord[]) => Promise<void>): Promise<void>;
  /**
   * The changes below return false when the record has changed or is being replayed. An expired claim ends with the
   * change: what was sent under it is not stored any more.
   */
  saveEdit(seen: SeenRecord, registration: Registration, entry: HistoryEntry): Promise<boolean>;
  discard(seen: SeenRecord, entry: HistoryEntry): Promise<boolean>;
  /** Replaces the record and its parts. */
  replace(seen: DeadLetterRecord, record: DeadLetterRecord, parts: readonly BodyPart[]): Promise<boolean>;
  /** Removes the record and its body parts. Safe to repeat. */
  erase(record: Pick<DeadLetterRecord, "id" | "bodyParts">): Promise<void>;
}

const scanSegments = 4;

const claimAttributes = ["claim", "claimedBy", "claimedUntil"] as const;

export function createDeadLetterStore(documents: DynamoDBDocumentClient, tableName: string): DeadLetterStore {
  const records = createReplayRecords(documents, tableName);

  async function eraseParts(id: string, first: number, last: number): Promise<void> {
    for (let number = first; number <= last; number += 1) {
      await documents.send(new DeleteCommand({ TableName: tableName, Key: { id: `${id}#${number}` } }));
    }
  }

  return {
    async read(id) {
      const { Item } = await documents.send(
        new GetCommand({ TableName: tableName, Key: { id }, ConsistentRead: true }),
      );
      return Item?.state === undefined ? undefined : (Item as DeadLetterRecord);
    },
    ...records,
    async readBody({ id, body, bodyParts = 0 }) {
      if (body !== undefined) return body;
      const parts: BodyPart[] = [];
      for (let number = 1; number <= bodyParts; number += 1) {
        const Key = { id: `${id}#${number}` };
        const { Item } = await documents.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
        if (Item) parts.push(Item as BodyPart);
      }
      return joinBody(parts);
    },
    scan({ reason, state, since }, signal, onPage) {
      const conditions = ["attribute_exists(#state)"];
      const values: Record<string, unknown> = {};
      const filterNames: Record<string, string> = { "#state": "state" };
      const demand = (name: string, comparison: string, value: string | undefined) => {
        if (value === undefined) return;
        filterNames[`#${name}`] = name;
        values[`:${name}`] = value;
        conditions.push(`#${name} ${comparison} :${name}`);
      };
      demand("reason", "=", reason);
      demand("state", "=", state);
      demand("lastFailedAt", ">=", since);
      return scanTable({
        documents,
        tableName,
        segments: scanSegments,
        attributes: summaryAttributes,
        filter: { expression: conditions.join(" AND "), names: filterNames, values },
        signal,
        onPage: (items) => onPage(items as unknown as DeadLetterSummary[]),
      });
    },
    scanWithBodies: (signal, onPage) =>
      scanTable({
        documents,
        tableName,
        segments: 1,
        attributes: [...summaryAttributes, "body", "bodyParts"],
        filter: { expression: "attribute_exists(#state)", names: { "#state": "state" }, values: {} },
        signal,
        onPage: (items) => onPage(items as unknown as DeadLetterRecord[]),
      }),
    saveEdit: (seen, registration, entry) =>
      changeUnclaimed(documents, tableName, seen, entry.at, {
        // Old values may be what DynamoDB cannot hold.
        entry: toStorable(entry),
        set: { registration, submittedAt: registration.submittedAt },
        remove: claimAttributes,
      }),
    discard: (seen, entry) =>
      changeUnclaimed(documents, tableName, seen, entry.at, {
        entry,
        set: { state: "discarded" },
        remove: claimAttributes,
      }),
    async replace(seen, record, parts) {
      const { state, failures, history, bodyParts = 0 } = seen;
      for (const part of parts) await documents.send(new PutCommand({ TableName: tableName, Item: part }));
      try {
        await documents.send(
          new PutCommand({
            TableName: tableName,
            Item: record,
            ConditionExpression: "#state = :state AND failures = :failures AND size(#history) = :history",
            ExpressionAttributeNames: { "#state": "state", "#history": "history" },
            ExpressionAttributeValues: { ":state": state, ":failures": failures, ":history": history.length },
          }),
        );
      } catch (error) {
        if (isConditionFailure(error)) return false;
        throw error;
      }
      await eraseParts(record.id, parts.length + 1, bodyParts);
      return true;
    },
    async erase({ id, bodyParts = 0 }) {
      // The record last: while it exists, an interrupted run can be repeated.
      await eraseParts(id, 1, bodyParts);
      await documents.send(new DeleteCommand({ TableName: tableName, Key: { id } }));
    },
  };
}
