/**
 * The dead-letters table as the worker uses it: a record is opened or re-opened by a failure, taken over for storing by the
 * arrival of its replay, and resolved by a replay that worked. Every change is conditional, so that doing it twice, or from
 * two workers, comes to the same; what only one claim may do is conditional on that claim.
 */
import type { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import {
  GetCommand,
  PutCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { kindOf } from "../shared/aws/aws-error.ts";
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

/** A failure that was read off the SQS dead-letter queue. */
export interface Failure extends DeadLetterEntry {
  readonly reason: DeadLetterReason;
  readonly detail: string;
  /** ISO 8601, UTC. */
  readonly failedAt: string;
  /** SQS id of the message. */
  readonly messageId: string;
}

/** A replay as it came off the queue. */
export interface Replay {
  /** Of the record. */
  readonly id: string;
  /** Under which it was sent; undefined when a version did that which knew of no claims. */
  readonly claim: string | undefined;
}

export type ReplayStart =
  /** The record is this worker's to settle: by storing what was sent, or by a failure. */
  | "storing"
  /** Settled by an earlier delivery of the same replay. */
  | "settled"
  /** Sent under a claim that is over, of a record that is closed or erased: what was sent must not be stored. */
  | "stale"
  /** The table did not answer: it stays in its message. */
  | "unfinished";

export interface DeadLettersTable {
  /**
   * Opens a record, or re-opens the one whose replay failed. A record that was resolved or discarded stays so, and one that
   * is being replayed stays with that replay: what comes besides is a straggler of an earlier delivery; its history tells.
   * @returns whether it is safely written
   */
  record(failure: Failure): Promise<boolean>;
  /**
   * Takes a record over before what was sent is stored, conditionally on the claim under which it was sent. From then on
   * nobody can edit, discard or replay it. Another delivery of the same replay takes it up again.
   */
  begin(replay: Replay): Promise<ReplayStart>;
  /**
   * Closes the record of which a replay was stored, or turned out to be a duplicate.
   * @returns whether that is safely written, or was already
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

function isConditionFailure(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}

/** The table answered, and will say the same of the same request again. */
function isRejected(error: unknown): boolean {
  return !isConditionFailure(error) && kindOf(error) === "rejected";
}

/** A replay without a claim was sent by an earlier version: it counts as long as nobody has claimed the record since. */
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
        // What was too large for one table must not be too large for this one as well.
        ...(registration && Buffer.byteLength(body) <= maxReadBodyBytes && { registration }),
      });
    } catch (error) {
      if (!isRejected(error)) throw error;
      // Such as a number that no table takes: the body, a text, has it all the same.
      logger.warn({ err: error, id, reason }, "a dead letter was rejected by its table; it is kept as its body alone");
      await put(bare);
    }
  }

  /** A record that has no room for a further line in its history is worth less than one whose state is right. */
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
      logger.warn({ err: error, id, what: entry.what }, "a dead letter has no room for a further line in its history");
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
    // Whoever replays it at this moment answers for it; neither an earlier delivery nor an earlier replay may open it again.
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
          // `open` too: whoever replays may have been stopped between the send and the change of state. `storing` is an
          // earlier delivery that was cut short.
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
      // Resolved before, or erased: there is nothing left to close.
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
