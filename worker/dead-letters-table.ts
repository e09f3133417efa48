/**
 * The dead-letters table as the worker uses it: a record is opened or re-opened by a failure, and resolved by a replay
 * that worked. Every change is conditional, so that doing it twice, or from two workers, comes to the same.
 */
import { GetCommand, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { maxReadBodyBytes, storeBody, type DeadLetterRecord, type HistoryEntry } from "../shared/dead-letter-record.ts";
import type { DeadLetterReason } from "../shared/dead-letter.ts";
import type { Registration } from "../shared/registration.ts";
import type { PatientCaller } from "./patient-call.ts";
import type { Operation } from "../shared/system-fault.ts";

/** A failure that was read off the SQS dead-letter queue. */
export interface Failure {
  readonly id: string;
  readonly body: string;
  readonly registration: Registration | undefined;
  readonly reason: DeadLetterReason;
  readonly detail: string;
  /** ISO 8601, UTC. */
  readonly failedAt: string;
  /** SQS id of the message. */
  readonly messageId: string;
}

export interface DeadLettersTable {
  /**
   * Opens a record, or re-opens the one whose replay failed. A record that was resolved or discarded stays so: what comes
   * later is a straggler of an earlier delivery; its history tells.
   * @returns whether it is safely written
   */
  record(failure: Failure): Promise<boolean>;
  /**
   * Closes the record of which a replay was stored, or turned out to be a duplicate.
   * @returns whether that is safely written, or was already
   */
  resolve(id: string, outcome: "stored" | "duplicate"): Promise<boolean>;
}

export interface DeadLettersTableOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly caller: PatientCaller;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

const who = "worker";

function isConditionFailure(error: unknown): boolean {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}

export function createDeadLettersTable(options: DeadLettersTableOptions): DeadLettersTable {
  const { documents, tableName, caller, wallClock } = options;
  const construct = "Roles/WorkerRole";
  const putting: Operation = { action: "dynamodb:PutItem", resource: tableName, construct };
  const updating: Operation = { action: "dynamodb:UpdateItem", resource: tableName, construct };

  async function open(failure: Failure): Promise<void> {
    const { id, body, registration, reason, detail, failedAt, messageId } = failure;
    const { inline, parts } = storeBody(id, body);
    await Promise.all(parts.map((part) => documents.send(new PutCommand({ TableName: tableName, Item: part }))));
    const record: DeadLetterRecord = {
      id,
      state: "open",
      reason,
      detail,
      ...inline,
      ...(registration && { submittedAt: registration.submittedAt }),
      // What was too large for one table must not be too large for this one as well.
      ...(registration && Buffer.byteLength(body) <= maxReadBodyBytes && { registration }),
      firstFailedAt: failedAt,
      lastFailedAt: failedAt,
      failures: 1,
      history: [{ at: failedAt, who, what: "failed", detail: `${reason}: ${detail}` }],
      messageId,
    };
    await documents.send(
      new PutCommand({ TableName: tableName, Item: record, ConditionExpression: "attribute_not_exists(id)" }),
    );
  }

  async function failAgain(failure: Failure): Promise<void> {
    const { id, reason, detail, failedAt, messageId } = failure;
    const { Item } = await documents.send(new GetCommand({ TableName: tableName, Key: { id }, ConsistentRead: true }));
    const record = Item as DeadLetterRecord | undefined;
    // Erased meanwhile.
    if (!record) return open(failure);
    if (record.messageId === messageId) return;
    const settled = record.state === "resolved" || record.state === "discarded";
    const entry: HistoryEntry = {
      at: failedAt,
      who,
      what: "failed",
      detail: settled ? `came again after it was ${record.state}: ${detail}` : `${reason}: ${detail}`,
    };
    const state = settled ? record.state : "open";
    await documents.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { id },
        UpdateExpression:
          "SET #state = :state, #reason = :reason, #detail = :detail, lastFailedAt = :at, messageId = :message, " +
          "failures = failures + :one, #history = list_append(#history, :entry)",
        ConditionExpression: "failures = :seen AND #state = :before",
        ExpressionAttributeNames: {
          "#state": "state",
          "#reason": "reason",
          "#detail": "detail",
          "#history": "history",
        },
        ExpressionAttributeValues: {
          ":state": state,
          ":reason": settled ? record.reason : reason,
          ":detail": settled ? record.detail : detail,
          ":at": failedAt,
          ":message": messageId,
          ":one": 1,
          ":entry": [entry],
          ":seen": record.failures,
          ":before": record.state,
        },
      }),
    );
  }

  async function openOrReopen(failure: Failure): Promise<void> {
    try {
      await open(failure);
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      await failAgain(failure);
    }
  }

  async function closeRecord(id: string, outcome: "stored" | "duplicate"): Promise<void> {
    const at = new Date(wallClock()).toISOString();
    const detail = outcome === "stored" ? "stored" : "the address was already registered";
    const entry: HistoryEntry = { at, who, what: "resolved", detail };
    try {
      await documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { id },
          UpdateExpression: "SET #state = :resolved, #history = list_append(#history, :entry)",
          // `open` too: whoever replays may have been stopped between the send and the change of state.
          ConditionExpression: "#state IN (:replayed, :open)",
          ExpressionAttributeNames: { "#state": "state", "#history": "history" },
          ExpressionAttributeValues: {
            ":resolved": "resolved",
            ":replayed": "replayed",
            ":open": "open",
            ":entry": [entry],
          },
        }),
      );
    } catch (error) {
      // Resolved before, discarded, or erased: there is nothing left to close.
      if (!isConditionFailure(error)) throw error;
    }
  }

  return {
    record: (failure) => caller.attempt(putting, () => openOrReopen(failure)),
    resolve: (id, outcome) => caller.attempt(updating, () => closeRecord(id, outcome)),
  };
}
