/**
 * The dead-letters table as an admin uses it. Every change is conditional on what was read, so that two admins, or an
 * admin and the worker, never undo each other's; who comes second is told so and looks again.
 */
import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
} from "@aws-sdk/lib-dynamodb";
import { dynamoDbLimits } from "../../shared/aws-limits.ts";
import {
  joinBody,
  type BodyPart,
  type DeadLetterRecord,
  type DeadLetterState,
  type HistoryEntry,
} from "../../shared/dead-letter-record.ts";
import type { DeadLetterReason } from "../../shared/dead-letter.ts";
import type { Registration } from "../../shared/registration.ts";
import { scanTable } from "../table-scan.ts";

/** A record without its body, which can be large. */
export type DeadLetterSummary = Omit<DeadLetterRecord, "body" | "bodyParts">;

/** What a record was when it was read: a change is only made while it still is so. */
export type SeenRecord = Pick<DeadLetterRecord, "id" | "state" | "failures" | "history">;

export interface DeadLetterFilter {
  readonly reason?: DeadLetterReason | undefined;
  readonly state?: DeadLetterState | undefined;
  /** Last failed then or later: ISO 8601, UTC. */
  readonly since?: string | undefined;
}

export interface DeadLetterStore {
  /** @returns the whole record, undefined where there is none */
  read(id: string): Promise<DeadLetterRecord | undefined>;
  /** @returns those that exist, by id, without bodies */
  readMany(ids: readonly string[]): Promise<Map<string, DeadLetterSummary>>;
  /** @returns the body as it came, every byte of it */
  readBody(record: DeadLetterRecord): Promise<string>;
  /** Reads all records that pass, in no order; a page at a time. */
  scan(
    filter: DeadLetterFilter,
    signal: AbortSignal,
    onPage: (records: readonly DeadLetterSummary[]) => Promise<void> | void,
  ): Promise<void>;
  /** The same for all records, bodies included; those that are kept in parts have to be read with `readBody`. */
  scanWithBodies(signal: AbortSignal, onPage: (records: readonly DeadLetterRecord[]) => Promise<void>): Promise<void>;
  /** The changes below return whether they were made: false when the record is no longer as it was seen. */
  markReplayed(seen: SeenRecord, entry: HistoryEntry): Promise<boolean>;
  saveEdit(seen: SeenRecord, registration: Registration, entry: HistoryEntry): Promise<boolean>;
  discard(seen: SeenRecord, entry: HistoryEntry): Promise<boolean>;
  /** Puts another record, and its parts, in the place of this one. */
  replace(seen: DeadLetterRecord, record: DeadLetterRecord, parts: readonly BodyPart[]): Promise<boolean>;
  /** Removes the record and the parts of its body. Doing it again does nothing. */
  erase(record: Pick<DeadLetterRecord, "id" | "bodyParts">): Promise<void>;
}

const summaryAttributes = [
  "id",
  "state",
  "reason",
  "detail",
  "registration",
  "submittedAt",
  "firstFailedAt",
  "lastFailedAt",
  "failures",
  "history",
  "messageId",
] as const;
const scanSegments = 4;
const readsAtOnce = 4;
const retryUnprocessedMs = 100;

function isConditionFailure(error: unknown): boolean {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}

function chunksOf<Item>(items: readonly Item[], length: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, index) =>
    items.slice(index * length, (index + 1) * length),
  );
}

export function createDeadLetterStore(documents: DynamoDBDocumentClient, tableName: string): DeadLetterStore {
  const names = Object.fromEntries(summaryAttributes.map((name, index) => [`#${index}`, name]));
  const projection = Object.keys(names).join(", ");

  async function readChunk(ids: readonly string[]): Promise<DeadLetterSummary[]> {
    const found: DeadLetterSummary[] = [];
    let keys: Record<string, unknown>[] = ids.map((id) => ({ id }));
    for (let tries = 0; keys.length > 0; tries += 1) {
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, retryUnprocessedMs * tries));
      const { Responses, UnprocessedKeys } = await documents.send(
        new BatchGetCommand({
          RequestItems: {
            [tableName]: {
              Keys: keys,
              ConsistentRead: true,
              ProjectionExpression: projection,
              ExpressionAttributeNames: names,
            },
          },
        }),
      );
      found.push(...((Responses?.[tableName] ?? []) as DeadLetterSummary[]));
      keys = UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return found;
  }

  /** @param assignments of an UPDATE expression, beside the history's */
  async function change(
    { id, state, failures, history }: SeenRecord,
    entry: HistoryEntry,
    set: Readonly<Record<string, unknown>>,
    condition: readonly string[] = [],
  ): Promise<boolean> {
    const fields = Object.keys(set);
    try {
      await documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { id },
          UpdateExpression: `SET ${fields.map((name) => `#${name} = :${name}, `).join("")}#history = list_append(#history, :entry)`,
          ConditionExpression: ["#state = :seenState", "failures = :seenFailures", ...condition].join(" AND "),
          ExpressionAttributeNames: {
            "#state": "state",
            "#history": "history",
            ...Object.fromEntries(fields.map((name) => [`#${name}`, name])),
          },
          ExpressionAttributeValues: {
            ":entry": [entry],
            ":seenState": state,
            ":seenFailures": failures,
            ...(condition.length > 0 && { ":seenHistory": history.length }),
            ...Object.fromEntries(fields.map((name) => [`:${name}`, set[name]])),
          },
        }),
      );
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw error;
    }
  }

  /** Adds to the history and changes nothing else; a record that was erased stays so. */
  async function tell(id: string, entry: HistoryEntry): Promise<void> {
    try {
      await documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { id },
          UpdateExpression: "SET #history = list_append(#history, :entry)",
          ConditionExpression: "attribute_exists(#history)",
          ExpressionAttributeNames: { "#history": "history" },
          ExpressionAttributeValues: { ":entry": [entry] },
        }),
      );
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
    }
  }

  async function eraseParts(id: string, first: number, last: number): Promise<void> {
    for (let number = first; number <= last; number += 1) {
      await documents.send(new DeleteCommand({ TableName: tableName, Key: { id: `${id}#${number}` } }));
    }
  }

  /** Two edits, or an edit and a discard, would else leave neither's failures nor state different. */
  const unchangedHistory = ["size(#history) = :seenHistory"];

  return {
    async read(id) {
      const { Item } = await documents.send(
        new GetCommand({ TableName: tableName, Key: { id }, ConsistentRead: true }),
      );
      return Item?.state === undefined ? undefined : (Item as DeadLetterRecord);
    },
    async readMany(ids) {
      const found = new Map<string, DeadLetterSummary>();
      const chunks = chunksOf([...new Set(ids)], dynamoDbLimits.maxBatchGetKeys);
      await Promise.all(
        Array.from({ length: readsAtOnce }, async () => {
          for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) {
            for (const record of await readChunk(chunk)) if (record.state !== undefined) found.set(record.id, record);
          }
        }),
      );
      return found;
    },
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
      const require = (name: string, comparison: string, value: string | undefined) => {
        if (value === undefined) return;
        filterNames[`#${name}`] = name;
        values[`:${name}`] = value;
        conditions.push(`#${name} ${comparison} :${name}`);
      };
      require("reason", "=", reason);
      require("state", "=", state);
      require("lastFailedAt", ">=", since);
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
    async markReplayed(seen, entry) {
      if (await change(seen, entry, { state: "replayed" })) return true;
      // The worker was faster, or another admin: the state is theirs to say, but that this replay was sent is history too.
      await tell(seen.id, entry);
      return false;
    },
    saveEdit: (seen, registration, entry) =>
      change(seen, entry, { registration, submittedAt: registration.submittedAt }, unchangedHistory),
    discard: (seen, entry) => change(seen, entry, { state: "discarded" }, unchangedHistory),
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
      // The record last: while it is there, a run that was cut short can be done again.
      await eraseParts(id, 1, bodyParts);
      await documents.send(new DeleteCommand({ TableName: tableName, Key: { id } }));
    },
  };
}
