/**
 * The dead-letters table for replays: read by id, claim, release, mark. Used by people's and automatic replays; see
 * `replay.ts`.
 */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbLimits } from "../aws/aws-limits.ts";
import type { DeadLetterRecord, HistoryEntry } from "./dead-letter-record.ts";
import { registrationIn } from "./dead-letter-entry.ts";
import { createKeyReader } from "./key-reader.ts";
import { changeIf, changeUnclaimed, type SeenRecord } from "./record-change.ts";

/** A record without its body, which may be large. */
export type DeadLetterSummary = Omit<DeadLetterRecord, "body" | "bodyParts">;

/** A lease: the right to replay one record once, for a limited time. */
export interface ReplayClaim {
  /** Unique. */
  readonly id: string;
  /** `worker` for the automatic replay, or an IAM identity. */
  readonly by: string;
  /** When it expires: ISO 8601, UTC. */
  readonly until: string;
}

export interface ReplayRecords {
  /**
   * @returns the existing ones by id, without bodies
   * @throws the signal's reason; the SDK's error when the table does not answer
   */
  readMany(ids: readonly string[], signal: AbortSignal): Promise<Map<string, DeadLetterSummary>>;
  /** The same, each with the registration that the current code reads from its body if the record has none. */
  readToReplay(ids: readonly string[], signal: AbortSignal): Promise<Map<string, DeadLetterSummary>>;
  /**
   * Claims a record in the version that was read. If it was replayed before, it becomes `open` again, since the earlier
   * message is void: should this send fail, it can be replayed again.
   * @param now ISO 8601, UTC
   * @returns false when it has changed, is claimed, or its automatic replay is used up
   */
  claim(seen: SeenRecord, claim: ReplayClaim, now: string): Promise<boolean>;
  /** Releases a claim under which nothing was sent. Does nothing when it has ended. */
  giveBack(id: string, claim: ReplayClaim): Promise<void>;
  /**
   * Marks it as sent. If the worker was faster, only the history is added.
   * @returns whether the state was changed
   */
  markReplayed(id: string, claim: ReplayClaim, entry: HistoryEntry): Promise<boolean>;
}

/** Claimed by the automatic replay, of which there is one per record. */
export const automaticReplayer = "worker";

/** The attributes of a summary. */
export const summaryAttributes = [
  "id",
  "state",
  "reason",
  "detail",
  "registration",
  "email",
  "submittedAt",
  "firstFailedAt",
  "lastFailedAt",
  "failures",
  "history",
  "messageId",
  "claim",
  "claimedBy",
  "claimedUntil",
  "storingAt",
  "automaticReplayAt",
] as const satisfies readonly (keyof DeadLetterSummary)[];

const readsAtOnce = 4;

function chunksOf<Item>(items: readonly Item[], length: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, index) =>
    items.slice(index * length, (index + 1) * length),
  );
}

export function createReplayRecords(documents: DynamoDBDocumentClient, tableName: string): ReplayRecords {
  const readChunk = createKeyReader(documents, tableName);

  async function readAll(
    ids: readonly string[],
    attributes: readonly string[],
    signal: AbortSignal,
    take: (item: Record<string, unknown>) => void,
  ): Promise<void> {
    const chunks = chunksOf([...new Set(ids)], dynamoDbLimits.maxBatchGetKeys);
    await Promise.all(
      Array.from({ length: Math.min(readsAtOnce, chunks.length) }, async () => {
        for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) {
          for (const item of await readChunk(chunk, attributes, signal)) take(item);
        }
      }),
    );
  }

  async function readMany(ids: readonly string[], signal: AbortSignal): Promise<Map<string, DeadLetterSummary>> {
    const found = new Map<string, DeadLetterSummary>();
    await readAll(ids, summaryAttributes, signal, (item) => {
      const record = item as unknown as DeadLetterSummary;
      if (record.state !== undefined) found.set(record.id, record);
    });
    return found;
  }

  const isOurs = "claim = :claim";

  return {
    readMany,
    async readToReplay(ids, signal) {
      const found = await readMany(ids, signal);
      const unread = [...found.values()].filter(({ registration }) => registration === undefined);
      // Bodies in parts are too large to be sent.
      await readAll(
        unread.map(({ id }) => id),
        ["id", "body"],
        signal,
        (item) => {
          const { id, body } = item as Pick<DeadLetterRecord, "id" | "body">;
          const record = found.get(id);
          const registration = body === undefined ? undefined : registrationIn(body);
          if (record && registration) found.set(id, { ...record, registration });
        },
      );
      return found;
    },
    claim(seen, { id, by, until }, now) {
      const change = {
        set: { state: "open", claim: id, claimedBy: by, claimedUntil: until },
        ...(by === automaticReplayer && { condition: "attribute_not_exists(automaticReplayAt)" }),
      };
      return changeUnclaimed(documents, tableName, seen, now, change, id);
    },
    async giveBack(id, claim) {
      await changeIf(documents, tableName, id, {
        remove: ["claim", "claimedBy", "claimedUntil"],
        // Not if a worker has it: then it was sent after all.
        condition: `${isOurs} AND attribute_exists(claimedUntil)`,
        values: { ":claim": claim.id },
      });
    },
    async markReplayed(id, claim, entry) {
      const set = claim.by === automaticReplayer ? { automaticReplayAt: entry.at } : {};
      const values = { ":claim": claim.id };
      const marked = await changeIf(documents, tableName, id, {
        entry,
        set: { ...set, state: "replayed" },
        remove: ["claimedUntil"],
        condition: `${isOurs} AND #state IN (:open, :before)`,
        values: { ...values, ":open": "open", ":before": "replayed" },
      });
      if (marked) return true;
      // The state now belongs to the worker or another admin, but the replay is added to the history. An erased record
      // stays erased.
      const told = await changeIf(documents, tableName, id, { entry, set, condition: isOurs, values });
      if (!told) await changeIf(documents, tableName, id, { entry, condition: "attribute_exists(#history)" });
      return false;
    },
  };
}
