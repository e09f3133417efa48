/**
 * The records of the dead-letters table as a replay uses them: read by id, claimed, marked. Every change is conditional on
 * what was read, so that whoever else is at work, an admin or a worker, never has a change undone; who comes second is
 * told so and looks again.
 */
import { BatchGetCommand, UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbLimits } from "../aws-limits.ts";
import type { DeadLetterRecord, HistoryEntry } from "../dead-letter-record.ts";

/** A record without its body, which can be large. */
export type DeadLetterSummary = Omit<DeadLetterRecord, "body" | "bodyParts">;

/** What a record was when it was read: a change is only made while it still is so. */
export type SeenRecord = Pick<DeadLetterRecord, "id" | "state" | "failures" | "history">;

export interface ReplayRecords {
  /** @returns those that exist, by id, without bodies */
  readMany(ids: readonly string[]): Promise<Map<string, DeadLetterSummary>>;
  /** @returns whether the change was made: false when the record is no longer as it was seen */
  markReplayed(seen: SeenRecord, entry: HistoryEntry): Promise<boolean>;
}

/** What a summary has. */
export const summaryAttributes = [
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
  "automaticReplayAt",
] as const satisfies readonly (keyof DeadLetterSummary)[];

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

export interface RecordChange {
  readonly entry: HistoryEntry;
  /** Attributes to set, beside the history. */
  readonly set: Readonly<Record<string, unknown>>;
  /**
   * Whether nothing at all may have happened to the record since. Without it the same state and number of failures is
   * enough, which two edits, or an edit and a discard, would both leave as they were.
   */
  readonly unchangedHistory?: boolean;
}

/** @returns whether the change was made: false when the record is no longer as it was seen */
export async function changeRecord(
  documents: DynamoDBDocumentClient,
  tableName: string,
  { id, state, failures, history }: SeenRecord,
  { entry, set, unchangedHistory = false }: RecordChange,
): Promise<boolean> {
  const fields = Object.keys(set);
  const condition = ["#state = :seenState", "failures = :seenFailures"];
  if (unchangedHistory) condition.push("size(#history) = :seenHistory");
  try {
    await documents.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { id },
        UpdateExpression: `SET ${fields.map((name) => `#${name} = :${name}, `).join("")}#history = list_append(#history, :entry)`,
        ConditionExpression: condition.join(" AND "),
        ExpressionAttributeNames: {
          "#state": "state",
          "#history": "history",
          ...Object.fromEntries(fields.map((name) => [`#${name}`, name])),
        },
        ExpressionAttributeValues: {
          ":entry": [entry],
          ":seenState": state,
          ":seenFailures": failures,
          ...(unchangedHistory && { ":seenHistory": history.length }),
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

/**
 * Claims the one replay that a record gets without anybody asking for it. It is claimed before it is sent and never given
 * back: whoever is killed in between leaves the record `open` for a person, and nothing ever replays it twice by itself.
 * @param at ISO 8601, UTC
 * @returns false when it was claimed before, or the record is no longer as it was seen
 */
export async function claimAutomaticReplay(
  documents: DynamoDBDocumentClient,
  tableName: string,
  { id, state, failures, history }: SeenRecord,
  at: string,
): Promise<boolean> {
  try {
    await documents.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { id },
        UpdateExpression: "SET automaticReplayAt = :at",
        ConditionExpression:
          "#state = :state AND failures = :failures AND size(#history) = :history AND attribute_not_exists(automaticReplayAt)",
        ExpressionAttributeNames: { "#state": "state", "#history": "history" },
        ExpressionAttributeValues: {
          ":at": at,
          ":state": state,
          ":failures": failures,
          ":history": history.length,
        },
      }),
    );
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

export function createReplayRecords(documents: DynamoDBDocumentClient, tableName: string): ReplayRecords {
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

  return {
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
    async markReplayed(seen, entry) {
      if (await changeRecord(documents, tableName, seen, { entry, set: { state: "replayed" } })) return true;
      // The worker was faster, or another admin: the state is theirs to say, but that this replay was sent is history too.
      await tell(seen.id, entry);
      return false;
    },
  };
}
