/** The registrations table as an admin uses it: one registration at a time, by its address. */
import { GetCommand, PutCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createTombstone, isTombstone, type TombstoneItem } from "../../shared/registration/tombstone.ts";
import type { StoredRegistration } from "./stored-registration.ts";

/** What an erasure leaves under an address. */
export interface Burial {
  readonly tombstone: TombstoneItem;
  /** What stood there before: nothing, a registration, or the tombstone of one. */
  readonly found: "nothing" | "registration" | "tombstone";
}

export interface RegistrationsStore {
  /** @param email in key form. @returns undefined where nobody has this address; a tombstone is nobody */
  find(email: string): Promise<StoredRegistration | undefined>;
  /**
   * Puts a tombstone under the address, whatever stands there, so that nothing that was submitted before can be stored.
   * Doing it again renews it.
   * @param spareId registration id of the tombstone where no registration stood
   * @param now milliseconds since the epoch
   */
  erase(email: string, spareId: string, now: number): Promise<Burial>;
}

/** An item that somebody made by hand may have no id. */
type Seen = Partial<StoredRegistration> | TombstoneItem;

/** Somebody else has to come in between each time for it to fail once. */
const maxTries = 20;

/** What stands there is still the same. */
function conditionOf(seen: Seen | undefined) {
  if (seen === undefined) return { ConditionExpression: "attribute_not_exists(email)" };
  const { registrationId } = seen;
  return registrationId === undefined
    ? { ConditionExpression: "attribute_exists(email) AND attribute_not_exists(registrationId)" }
    : { ConditionExpression: "registrationId = :seen", ExpressionAttributeValues: { ":seen": registrationId } };
}

export function createRegistrationsStore(documents: DynamoDBDocumentClient, tableName: string): RegistrationsStore {
  async function read(email: string): Promise<Seen | undefined> {
    const { Item } = await documents.send(
      new GetCommand({ TableName: tableName, Key: { email }, ConsistentRead: true }),
    );
    return Item as Seen | undefined;
  }

  /** @returns false when something else stands there than was seen: its id would be lost with it */
  async function replace(seen: Seen | undefined, tombstone: TombstoneItem): Promise<boolean> {
    try {
      await documents.send(
        new PutCommand({
          TableName: tableName,
          Item: tombstone,
          ...conditionOf(seen),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  }

  return {
    async find(email) {
      const item = await read(email);
      return item === undefined || isTombstone(item) ? undefined : (item as StoredRegistration);
    },
    async erase(email, spareId, now) {
      for (let tries = 1; tries <= maxTries; tries += 1) {
        const seen = await read(email);
        const tombstone = createTombstone(email, "erased", seen?.registrationId ?? spareId, now);
        if (!(await replace(seen, tombstone))) continue;
        if (seen === undefined) return { tombstone, found: "nothing" };
        return { tombstone, found: isTombstone(seen) ? "tombstone" : "registration" };
      }
      throw new Error(`What stands under the address changed ${maxTries} times over while it was erased. Try again.`);
    },
  };
}
