/**
 * Corrects and withdraws in the registrations and outcomes tables. Each call is conditional on what it changes, so that
 * changes of one registration have the same result in any order of delivery (`shared/registration/change.ts`), and
 * repeating one does nothing.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { isConditionFailure } from "../../shared/aws/condition-failure.ts";
import type { ChangeRank, Withdrawal } from "../../shared/registration/change.ts";
import type { Outcome } from "../../shared/registration/outcome.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { createTombstone, type TombstoneItem } from "../../shared/registration/tombstone.ts";
import { expiryOf } from "../batch-insert.ts";
import type { StandingItem } from "../taken-address.ts";

export type ChangeAttempt =
  | { readonly done: true }
  | {
      readonly done: false;
      /** Undefined: nothing. */
      readonly standing: (StandingItem & ChangeRank) | undefined;
    };

/** What the tables hold of a registration and its address. */
export interface Found {
  /** Under the address; undefined: nothing. */
  readonly standing: (StandingItem & ChangeRank) | undefined;
  /** Of this very registration. */
  readonly outcome: Outcome | undefined;
}

export interface RegistrationChanges {
  /** Consistent. @throws the SDK's error, also when DynamoDB leaves a key unprocessed */
  find(email: string, id: string): Promise<Found>;
  /**
   * Replaces the content of the registration, if it is the item under its address and the correction outranks what is
   * stored.
   * @returns what stands there if it was not done
   */
  correct(correction: Registration): Promise<ChangeAttempt>;
  /**
   * Leaves a tombstone in place of the registration, or where nothing stands, so that the registration that is still to
   * come is not stored. Does nothing where another one stands.
   * @param now milliseconds since the epoch
   */
  withdraw(withdrawal: Pick<Withdrawal, "email" | "id">, now: number): Promise<void>;
  /**
   * Writes the outcome of a registration that is none any more, unless it has a final one.
   * @param now milliseconds since the epoch
   */
  settle(id: string, outcome: Extract<Outcome, "withdrawn" | "erased">, now: number): Promise<void>;
}

export interface RegistrationChangesOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  readonly outcomesTable: string;
  /** Days until DynamoDB removes an outcome, as registrations. Default: never. */
  readonly retentionDays?: number | undefined;
}

const done: ChangeAttempt = { done: true };

/** Only what decides about a change: the document client leaves the items of errors as they are. */
function standingOf(item: Readonly<Record<string, AttributeValue>>): StandingItem & ChangeRank {
  const { registrationId, tombstone, at, email, expiresAt, changedAt, mailbox } = item;
  const id = registrationId?.S ?? "";
  if (tombstone?.S === undefined) return { registrationId: id, changedAt: changedAt?.S, mailbox: mailbox?.BOOL };
  return {
    registrationId: id,
    email: email?.S ?? "",
    tombstone: tombstone.S as TombstoneItem["tombstone"],
    at: at?.S ?? "",
    expiresAt: Number(expiresAt?.N ?? 0),
  };
}

export function createRegistrationChanges(options: RegistrationChangesOptions): RegistrationChanges {
  const { documents, registrationsTable, outcomesTable, retentionDays } = options;

  /** @returns what stands in the way, when the condition of a call fails */
  async function attempt(call: Promise<unknown>): Promise<ChangeAttempt> {
    try {
      await call;
      return done;
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      return { done: false, standing: error.Item && standingOf(error.Item) };
    }
  }

  return {
    async find(email, id) {
      const { Responses = {}, UnprocessedKeys = {} } = await documents.send(
        new BatchGetCommand({
          RequestItems: {
            [registrationsTable]: {
              Keys: [{ email }],
              ProjectionExpression: "email, registrationId, tombstone, #at, expiresAt, changedAt, mailbox",
              ExpressionAttributeNames: { "#at": "at" },
              ConsistentRead: true,
            },
            [outcomesTable]: { Keys: [{ id }], ProjectionExpression: "outcome", ConsistentRead: true },
          },
        }),
      );
      if (Object.keys(UnprocessedKeys).length > 0) {
        throw Object.assign(new Error("DynamoDB left keys unprocessed"), { name: "ThrottlingException" });
      }
      return {
        standing: Responses[registrationsTable]?.[0] as Found["standing"],
        outcome: Responses[outcomesTable]?.[0]?.outcome as Outcome | undefined,
      };
    },
    correct({ email, id, name, answers, changedAt = "", mailbox, language }) {
      const sets = ["#name = :name", "answers = :answers", "changedAt = :at"];
      if (mailbox) sets.push("mailbox = :mailbox");
      if (language !== undefined) sets.push("#language = :language");
      // A claim to the mailbox outranks every change without one; among equals the later one counts.
      const outranks = mailbox
        ? "(attribute_not_exists(mailbox) OR changedAt < :at)"
        : "attribute_not_exists(mailbox) AND (attribute_not_exists(changedAt) OR changedAt < :at)";
      return attempt(
        documents.send(
          new UpdateCommand({
            TableName: registrationsTable,
            Key: { email },
            // Without a language it is in the default one.
            UpdateExpression: `SET ${sets.join(", ")}${language === undefined ? " REMOVE #language" : ""}`,
            ConditionExpression: `registrationId = :id AND attribute_not_exists(tombstone) AND ${outranks}`,
            ExpressionAttributeNames: { "#name": "name", "#language": "language" },
            ExpressionAttributeValues: {
              ":id": id,
              ":name": name,
              ":answers": answers,
              ":at": changedAt,
              ...(mailbox && { ":mailbox": true }),
              ...(language !== undefined && { ":language": language }),
            },
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        ),
      );
    },
    async withdraw({ email, id }, now) {
      await attempt(
        documents.send(
          new PutCommand({
            TableName: registrationsTable,
            Item: createTombstone(email, "withdrawn", id, now),
            ConditionExpression:
              "attribute_not_exists(email) OR (registrationId = :id AND attribute_not_exists(tombstone))",
            ExpressionAttributeValues: { ":id": id },
          }),
        ),
      );
    },
    async settle(id, outcome, now) {
      const expires = retentionDays !== undefined;
      await attempt(
        documents.send(
          new UpdateCommand({
            TableName: outcomesTable,
            Key: { id },
            UpdateExpression: `SET #outcome = :outcome, #at = :at${expires ? ", expiresAt = :expiresAt" : ""}`,
            // Of all outcomes only a duplicate can still be withdrawn or erased by this.
            ConditionExpression: "attribute_not_exists(id) OR #outcome = :duplicate",
            ExpressionAttributeNames: { "#outcome": "outcome", "#at": "at" },
            ExpressionAttributeValues: {
              ":outcome": outcome,
              ":at": new Date(now).toISOString(),
              ":duplicate": "duplicate",
              ...(expires && { ":expiresAt": expiryOf(now, retentionDays) }),
            },
          }),
        ),
      );
    },
  };
}
