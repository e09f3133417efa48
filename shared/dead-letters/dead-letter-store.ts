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
import { createKeyReader } from "./key-reader.ts";
import { changeUnclaimed, claimAttributes, type SeenRecord } from "./record-change.ts";
import {
  createReplayRecords,
  summaryAttributes,
  type DeadLetterSummary,
  type ReplayRecords,
} from "./replay-records.ts";
import { toStorable } from "./storable.ts";
import { isConditionFailure } from "../aws/condition-failure.ts";
import { scanTable } from "../aws/table-scan.ts";

export interface DeadLetterFilter {
  readonly reason?: DeadLetterReason | undefined;
  readonly state?: DeadLetterState | undefined;
  /** Last failed at or after this: ISO 8601, UTC. */
  readonly since?: string | undefined;
  /** Last failed before this: ISO 8601, UTC. */
  readonly until?: string | undefined;
}

export interface DeadLetterStore extends ReplayRecords {
  /** @returns the whole record; undefined when there is none */
  read(id: string): Promise<DeadLetterRecord | undefined>;
  /** @returns the body as received */
  readBody(record: DeadLetterRecord): Promise<string>;
  /** @returns the existing ones of at most 100 ids, with bodies; those in parts need `readBody` */
  readWhole(ids: readonly string[], signal: AbortSignal): Promise<Map<string, DeadLetterRecord>>;
  /**
   * Reads all matching records, unordered, page by page.
   * @param attributes to read. Default: those of a summary
   */
  scan<Attribute extends keyof DeadLetterSummary = keyof DeadLetterSummary>(
    filter: DeadLetterFilter,
    signal: AbortSignal,
    onPage: (records: readonly Pick<DeadLetterSummary, Attribute>[]) => Promise<void> | void,
    attributes?: readonly Attribute[],
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
const wholeAttributes = [...summaryAttributes, "body", "bodyParts"] as const;

export function createDeadLetterStore(documents: DynamoDBDocumentClient, tableName: string): DeadLetterStore {
  const records = createReplayRecords(documents, tableName);
  const readByIds = createKeyReader(documents, tableName);

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
    async readWhole(ids, signal) {
      const found = await readByIds([...new Set(ids)], wholeAttributes, signal);
      const existing = (found as unknown as DeadLetterRecord[]).filter((record) => record.state !== undefined);
      return new Map(existing.map((record) => [record.id, record]));
    },
    scan({ reason, state, since, until }, signal, onPage, attributes) {
      const conditions = ["attribute_exists(#state)"];
      const values: Record<string, unknown> = {};
      const filterNames: Record<string, string> = { "#state": "state" };
      const demand = (name: string, comparison: string, value: string | undefined) => {
        if (value === undefined) return;
        const placeholder = `:value${conditions.length}`;
        filterNames[`#${name}`] = name;
        values[placeholder] = value;
        conditions.push(`#${name} ${comparison} ${placeholder}`);
      };
      demand("reason", "=", reason);
      demand("state", "=", state);
      demand("lastFailedAt", ">=", since);
      demand("lastFailedAt", "<", until);
      return scanTable({
        documents,
        tableName,
        segments: scanSegments,
        attributes: attributes ?? summaryAttributes,
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
        attributes: wholeAttributes,
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
