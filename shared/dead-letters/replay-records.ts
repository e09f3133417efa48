/**
 * The dead-letters table for replays: read by id, claim, release, mark. Used by people's and automatic replays; see
 * `replay.ts`.
 */
import { GetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { DeadLetterRecord, HistoryEntry } from "./dead-letter-record.ts";
import { registrationIn } from "./dead-letter-entry.ts";
import { createKeyReader, inBatches } from "./key-reader.ts";
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
  /** Id of the run that it belongs to, whose earlier claim it may replace; the id begins with it. Default: none. */
  readonly run?: string | undefined;
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
   * Marks it as sent. If the worker was faster, only the history is added, before what the worker wrote.
   * @param after number of history entries when it was claimed
   * @returns whether the state was changed
   */
  markReplayed(id: string, claim: ReplayClaim, entry: HistoryEntry, after: number): Promise<boolean>;
}

/** Claimed by the automatic replay, of which there is one per record. */
export const automaticReplayer = "worker";

/** What somebody who decides about a record has to see. */
export const shownAttributes = [
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
] as const satisfies readonly (keyof DeadLetterSummary)[];

/** The attributes of a summary: a replay needs to know whose the record is as well. */
export const summaryAttributes = [
  ...shownAttributes,
  "messageId",
  "claim",
  "claimedBy",
  "claimedUntil",
  "storingAt",
  "automaticReplayAt",
] as const satisfies readonly (keyof DeadLetterSummary)[];

const readsAtOnce = 4;
/** A record's history grows a few times at most while its replay is being marked. */
const maxInsertTries = 5;

export function createReplayRecords(documents: DynamoDBDocumentClient, tableName: string): ReplayRecords {
  const readByIds = createKeyReader(documents, tableName);

  async function readAll(
    ids: readonly string[],
    attributes: readonly string[],
    signal: AbortSignal,
    take: (item: Record<string, unknown>) => void,
  ): Promise<void> {
    await inBatches([...new Set(ids)], readsAtOnce, async (batch) => {
      for (const item of await readByIds(batch, attributes, signal)) take(item);
    });
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

  /**
   * The state belongs to the worker or another admin already, but the history tells the replay, where it belongs. An
   * erased record stays erased.
   * @param set attributes to set while the claim is still the record's
   */
  async function tellReplay(
    id: string,
    claim: ReplayClaim,
    entry: HistoryEntry,
    after: number,
    set: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    for (let tries = 0; tries < maxInsertTries; tries += 1) {
      const { Item } = await documents.send(
        new GetCommand({
          TableName: tableName,
          Key: { id },
          ConsistentRead: true,
          ProjectionExpression: "#history, claim",
          ExpressionAttributeNames: { "#history": "history" },
        }),
      );
      const { history, claim: current } = (Item ?? {}) as Partial<DeadLetterRecord>;
      if (history === undefined) return;
      const told = await changeIf(documents, tableName, id, {
        set: { ...(current === claim.id && set), history: history.toSpliced(after, 0, entry) },
        // Whatever ends a claim adds an entry, too.
        condition: "size(#history) = :length",
        values: { ":length": history.length },
      });
      if (told) return;
    }
  }

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
    claim(seen, { id, by, until, run }, now) {
      const change = {
        set: { state: "open", claim: id, claimedBy: by, claimedUntil: until },
        ...(by === automaticReplayer && { condition: "attribute_not_exists(automaticReplayAt)" }),
      };
      return changeUnclaimed(documents, tableName, seen, now, change, run === undefined ? id : `${run}.`);
    },
    async giveBack(id, claim) {
      await changeIf(documents, tableName, id, {
        remove: ["claim", "claimedBy", "claimedUntil"],
        // Not if a worker has it: then it was sent after all.
        condition: `${isOurs} AND attribute_exists(claimedUntil)`,
        values: { ":claim": claim.id },
      });
    },
    async markReplayed(id, claim, entry, after) {
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
      await tellReplay(id, claim, entry, after, set);
      return false;
    },
  };
}
