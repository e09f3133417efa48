/**
 * The records of the dead-letters table as a replay uses them: read by id, claimed, given back, marked. People and the
 * automatic retry use the same claims; see `replay.ts`.
 */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbLimits } from "../aws/aws-limits.ts";
import type { DeadLetterRecord, HistoryEntry } from "./dead-letter-record.ts";
import { registrationIn } from "./dead-letter-entry.ts";
import { createKeyReader } from "./key-reader.ts";
import { changeIf, changeUnclaimed, type SeenRecord } from "./record-change.ts";

/** A record without its body, which can be large. */
export type DeadLetterSummary = Omit<DeadLetterRecord, "body" | "bodyParts">;

/** The right to replay one record once, for a limited time: a lease. */
export interface ReplayClaim {
  /** No other one has it. */
  readonly id: string;
  /** Who replays: `worker` for the replay that nobody asked for, or an IAM identity. */
  readonly by: string;
  /** When it runs out by itself: ISO 8601, UTC. */
  readonly until: string;
}

export interface ReplayRecords {
  /**
   * @returns those that exist, by id, without bodies
   * @throws what the signal was aborted with; the SDK's error when the table does not answer for long
   */
  readMany(ids: readonly string[], signal: AbortSignal): Promise<Map<string, DeadLetterSummary>>;
  /** The same, each with the registration that the code of today reads from the body, where the record has none. */
  readToReplay(ids: readonly string[], signal: AbortSignal): Promise<Map<string, DeadLetterSummary>>;
  /**
   * Claims a record in the very version that was seen. One that was replayed before is open again with that, since what was
   * sent before is void: should this replay not come to be sent, it is somebody's to replay, and not on its way for ever.
   * @param now ISO 8601, UTC
   * @returns false when it is no longer as it was seen, somebody else has claimed it, or the replay that nobody asks for
   *   has been used up
   */
  claim(seen: SeenRecord, claim: ReplayClaim, now: string): Promise<boolean>;
  /** Ends a claim under which nothing was sent. Does nothing where it has ended. */
  giveBack(id: string, claim: ReplayClaim): Promise<void>;
  /**
   * Says that it was sent. The worker may have been faster: then the state is not touched, and the history told.
   * @returns whether the state was changed
   */
  markReplayed(id: string, claim: ReplayClaim, entry: HistoryEntry): Promise<boolean>;
}

/** Who claims the one replay of a record that nobody asks for. */
export const automaticReplayer = "worker";

/** What a summary has. */
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
      // A body in parts is larger than anything that is sent.
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
        // Not what a worker has: then it was sent after all.
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
      // The state is the worker's to say, or another admin's, but that this replay was sent is history too. What was
      // erased stays so.
      const told = await changeIf(documents, tableName, id, { entry, set, condition: isOurs, values });
      if (!told) await changeIf(documents, tableName, id, { entry, condition: "attribute_exists(#history)" });
      return false;
    },
  };
}
