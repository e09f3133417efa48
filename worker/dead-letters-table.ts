/**
 * The dead-letters table as the worker uses it: a failure opens or re-opens a record, the arrival of its replay takes
 * it over, and a successful replay resolves it. Every change is conditional, so repeating it, or doing it from two
 * workers, has the same result.
 */
import {
  GetCommand,
  PutCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { kindOf } from "../shared/aws/aws-error.ts";
import { isConditionFailure } from "../shared/aws/condition-failure.ts";
import {
  maxReadBodyBytes,
  storeBody,
  type DeadLetterRecord,
  type HistoryEntry,
} from "../shared/dead-letters/dead-letter-record.ts";
import type { DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";
import type { DeadLetterEntry } from "../shared/dead-letters/dead-letter-entry.ts";
import type { Logger } from "../shared/process/logger.ts";
import type { RetryingCaller } from "./retrying-caller.ts";
import type { Operation } from "../shared/process/system-error.ts";

/** A failure read from the SQS dead-letter queue. */
export interface Failure extends DeadLetterEntry {
  readonly reason: DeadLetterReason;
  readonly detail: string;
  /** ISO 8601, UTC. */
  readonly failedAt: string;
  /** SQS message id. */
  readonly messageId: string;
}

/** A replay as received from the queue. */
export interface Replay {
  /** Of the record. */
  readonly id: string;
  /** The claim it was sent under; undefined when sent by a version without claims. */
  readonly claim: string | undefined;
}

export type ReplayStart =
  /** This worker may store what was sent. */
  | "storing"
  /** Settled by an earlier delivery of the same replay. */
  | "settled"
  /** Its claim is over, or the record is closed or erased: it must not be stored. */
  | "stale"
  /** The table did not answer: it stays in its message. */
  | "unfinished";

export interface DeadLettersTable {
  /**
   * Opens a record, or re-opens the one whose replay failed. Resolved, discarded and replaying records keep their
   * state; a late delivery is only added to their history.
   * @returns whether it is written
   */
  record(failure: Failure): Promise<boolean>;
  /**
   * Takes a record over before its replay is stored, conditionally on the claim. From then on nobody can edit, discard
   * or replay it; another delivery of the same replay resumes.
   */
  begin(replay: Replay): Promise<ReplayStart>;
  /**
   * Closes the record whose replay was stored or was a duplicate.
   * @returns whether that is written, now or before
   */
  resolve(replay: Replay, outcome: "stored" | "duplicate"): Promise<boolean>;
}

export interface DeadLettersTableOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly caller: RetryingCaller;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

const who = "worker";

/** The table answered, and would answer the same again. */
function isRejected(error: unknown): boolean {
  return !isConditionFailure(error) && kindOf(error) === "rejected";
}

/** Sent by a version without claims: valid as long as nobody has claimed the record since. */
function claimCondition(claim: string | undefined): string {
  return claim === undefined ? "attribute_not_exists(claim)" : "claim = :claim";
}

function claimValues(claim: string | undefined): Record<string, unknown> {
  return claim === undefined ? {} : { ":claim": claim };
}

export function createDeadLettersTable(options: DeadLettersTableOptions): DeadLettersTable {
  const { documents, tableName, caller, logger, wallClock } = options;
  const construct = "Roles/WorkerRole";
  const putting: Operation = { action: "dynamodb:PutItem", resource: tableName, construct };
  const updating: Operation = { action: "dynamodb:UpdateItem", resource: tableName, construct };
  const now = () => new Date(wallClock()).toISOString();

  function put(record: DeadLetterRecord) {
    return documents.send(
      new PutCommand({ TableName: tableName, Item: record, ConditionExpression: "attribute_not_exists(id)" }),
    );
  }

  async function open(failure: Failure): Promise<void> {
    const { id, body, registration, email, submittedAt, reason, detail, failedAt, messageId } = failure;
    const { inline, parts } = storeBody(id, body);
    await Promise.all(parts.map((part) => documents.send(new PutCommand({ TableName: tableName, Item: part }))));
    const bare: DeadLetterRecord = {
      id,
      state: "open",
      reason,
      detail,
      ...inline,
      firstFailedAt: failedAt,
      lastFailedAt: failedAt,
      failures: 1,
      history: [{ at: failedAt, who, what: "failed", detail: `${reason}: ${detail}` }],
      messageId,
    };
    try {
      await put({
        ...bare,
        ...(submittedAt !== undefined && { submittedAt }),
        ...(email !== undefined && { email }),
        // What was too large for one table must still fit here.
        ...(registration && Buffer.byteLength(body) <= maxReadBodyBytes && { registration }),
      });
    } catch (error) {
      if (!isRejected(error)) throw error;
      // For example a number that DynamoDB cannot hold: the body, a text, still contains it.
      logger.warn({ err: error, id, reason }, "a dead letter was rejected by its table; it is kept as its body alone");
      await put(bare);
    }
  }

  /** When the record is full, the correct state matters more than another history entry. */
  async function update(id: string, entry: HistoryEntry, change: Partial<UpdateCommandInput>): Promise<void> {
    const send = (expression: string, names: Record<string, string>, values: Record<string, unknown>) =>
      documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { id },
          ...change,
          UpdateExpression: `${expression} ${change.UpdateExpression ?? ""}`,
          ExpressionAttributeNames: { ...change.ExpressionAttributeNames, ...names },
          ExpressionAttributeValues: { ...change.ExpressionAttributeValues, ...values },
        }),
      );
    try {
      await send("SET #history = list_append(#history, :entry),", { "#history": "history" }, { ":entry": [entry] });
    } catch (error) {
      if (!isRejected(error)) throw error;
      logger.warn({ err: error, id, what: entry.what }, "a dead letter has no room for another history entry");
      await send("SET", {}, {});
    }
  }

  async function failAgain(failure: Failure): Promise<void> {
    const { id, reason, detail, failedAt, messageId, claim } = failure;
    const { Item } = await documents.send(new GetCommand({ TableName: tableName, Key: { id }, ConsistentRead: true }));
    const record = Item as DeadLetterRecord | undefined;
    // Erased meanwhile.
    if (!record) return open(failure);
    if (record.messageId === messageId) return;
    const settled = record.state === "resolved" || record.state === "discarded";
    const entry = (text: string): HistoryEntry => ({ at: failedAt, who, what: "failed", detail: text });
    const unchanged = {
      ConditionExpression: `failures = :seen AND #state = :before AND ${claimCondition(record.claim)}`,
      values: { ":seen": record.failures, ":before": record.state, ...claimValues(record.claim) },
    };
    // Only the current replay may change it, no earlier delivery or replay.
    if (settled || claim !== record.claim) {
      const when = settled ? `after it was ${record.state}` : "besides its replay";
      await update(id, entry(`came again ${when}: ${detail}`), {
        UpdateExpression: "messageId = :message",
        ConditionExpression: unchanged.ConditionExpression,
        ExpressionAttributeNames: { "#state": "state" },
        ExpressionAttributeValues: { ...unchanged.values, ":message": messageId },
      });
      return;
    }
    const automatic = record.claimedBy === who;
    await update(id, entry(`${reason}: ${detail}`), {
      UpdateExpression:
        "#state = :open, #reason = :reason, #detail = :detail, lastFailedAt = :at, messageId = :message, " +
        `failures = failures + :one${automatic ? ", automaticReplayAt = if_not_exists(automaticReplayAt, :at)" : ""} ` +
        "REMOVE claim, claimedBy, claimedUntil, storingAt",
      ConditionExpression: unchanged.ConditionExpression,
      ExpressionAttributeNames: { "#state": "state", "#reason": "reason", "#detail": "detail" },
      ExpressionAttributeValues: {
        ...unchanged.values,
        ":open": "open",
        ":reason": reason,
        ":detail": detail,
        ":at": failedAt,
        ":message": messageId,
        ":one": 1,
      },
    });
  }

  async function openOrReopen(failure: Failure): Promise<void> {
    try {
      await open(failure);
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      await failAgain(failure);
    }
  }

  async function takeOver({ id, claim }: Replay): Promise<ReplayStart> {
    try {
      await documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { id },
          UpdateExpression: "SET #state = :storing, storingAt = :at REMOVE claimedUntil",
          // `open` as well: the sender may have stopped between the send and the state change. `storing` is an earlier
          // delivery that was cut short.
          ConditionExpression: `#state IN (:open, :replayed, :storing) AND ${claimCondition(claim)}`,
          ExpressionAttributeNames: { "#state": "state" },
          ExpressionAttributeValues: {
            ":open": "open",
            ":replayed": "replayed",
            ":storing": "storing",
            ":at": now(),
            ...claimValues(claim),
          },
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
      return "storing";
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      const { Item: record } = error;
      return record?.state?.S === "resolved" && record.claim?.S === claim ? "settled" : "stale";
    }
  }

  async function closeRecord({ id, claim }: Replay, outcome: "stored" | "duplicate"): Promise<void> {
    const detail = outcome === "stored" ? "stored" : "the address was already registered";
    try {
      await update(
        id,
        { at: now(), who, what: "resolved", detail },
        {
          UpdateExpression: "#state = :resolved",
          ConditionExpression: `#state = :storing AND ${claimCondition(claim)}`,
          ExpressionAttributeNames: { "#state": "state" },
          ExpressionAttributeValues: { ":resolved": "resolved", ":storing": "storing", ...claimValues(claim) },
        },
      );
    } catch (error) {
      // Resolved before, or erased.
      if (!isConditionFailure(error)) throw error;
    }
  }

  return {
    async record(failure) {
      let rejection: unknown;
      const written = await caller.attempt(putting, async () => {
        try {
          await openOrReopen(failure);
        } catch (error) {
          rejection = isRejected(error) ? error : undefined;
          throw error;
        }
      });
      if (rejection !== undefined) {
        const { id, reason } = failure;
        logger.error({ err: rejection, id, reason }, "a dead letter cannot be recorded; it stays on its queue");
      }
      return written;
    },
    async begin(replay) {
      let start: ReplayStart = "unfinished";
      await caller.attempt(updating, async () => void (start = await takeOver(replay)));
      return start;
    },
    resolve: (replay, outcome) => caller.attempt(updating, () => closeRecord(replay, outcome)),
  };
}
