/**
 * The mails table for admins: what became of the mails of one registration, and their erasure. Records alone: what limits
 * mails to an address is stored under a keyed hash of it and expires within days.
 */
import { setTimeout as delay } from "node:timers/promises";
import { BatchWriteCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Type, type Static } from "typebox";
import { createKeyReader } from "../../shared/dead-letters/key-reader.ts";
import { mailKey, mailKinds, type MailKind } from "../../shared/mail/mail-pack.ts";

/** What became of a mail. */
export const MailLine = Type.Object(
  {
    kind: Type.Enum([...mailKinds]),
    outcome: Type.String({ description: "sent, or why not: rejected, limited, obsolete" }),
    at: Type.String({ description: "ISO 8601, UTC" }),
    detail: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

export type MailLine = Static<typeof MailLine>;

export interface MailsStore {
  /** @returns the mails that are recorded under a registration's id; none where mail is off */
  find(registrationId: string, signal: AbortSignal): Promise<MailLine[]>;
  /** Removes the records of these registrations. Safe to repeat. */
  erase(registrationIds: readonly string[], signal: AbortSignal): Promise<void>;
}

/** Kinds that are recorded under a registration's id; a `link` has an id of its own. */
const kindsOfRegistrations = ["confirmed", "already-registered"] as const satisfies readonly MailKind[];
/** DynamoDB takes as many in a call. */
const maxBatch = 25;
const maxTries = 8;
const firstPauseMs = 50;

/** @param tableName undefined where mail is off */
export function createMailsStore(documents: DynamoDBDocumentClient, tableName: string | undefined): MailsStore {
  if (tableName === undefined) return { find: async () => [], erase: async () => {} };
  const readByIds = createKeyReader(documents, tableName);

  async function eraseSome(ids: readonly string[], signal: AbortSignal): Promise<void> {
    let requests: Record<string, unknown>[] = ids.map((id) => ({ DeleteRequest: { Key: { id } } }));
    for (let tries = 0; requests.length > 0; tries += 1) {
      if (tries === maxTries) throw new Error(`DynamoDB left ${requests.length} mails of ${tableName} unprocessed.`);
      if (tries > 0) await delay(firstPauseMs * 2 ** tries, undefined, { signal });
      const { UnprocessedItems } = await documents.send(
        new BatchWriteCommand({ RequestItems: { [tableName ?? ""]: requests } }),
        { abortSignal: signal },
      );
      requests = UnprocessedItems?.[tableName ?? ""] ?? [];
    }
  }

  return {
    async find(registrationId, signal) {
      const keys = kindsOfRegistrations.map((kind) => mailKey({ kind, id: registrationId }));
      const records = await readByIds(keys, ["id", "outcome", "at", "detail"], signal);
      const byKey = new Map(records.map((record) => [record.id, record]));
      return kindsOfRegistrations.flatMap((kind, index): MailLine[] => {
        const { outcome, at, detail } = byKey.get(keys[index]) ?? {};
        if (typeof outcome !== "string") return [];
        return [{ kind, outcome, at: String(at), ...(typeof detail === "string" && { detail }) }];
      });
    },
    async erase(registrationIds, signal) {
      const keys = registrationIds.flatMap((id) => kindsOfRegistrations.map((kind) => mailKey({ kind, id })));
      for (let start = 0; start < keys.length; start += maxBatch) {
        await eraseSome(keys.slice(start, start + maxBatch), signal);
      }
    },
  };
}
