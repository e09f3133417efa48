/** The registrations table for admins: one registration at a time, by address. */
import { isConditionFailure } from "../../shared/aws/condition-failure.ts";
import { GetCommand, PutCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createTombstone, isTombstone, type TombstoneItem } from "../../shared/registration/tombstone.ts";
import type { StoredRegistration } from "./stored-registration.ts";

/** The result of an erasure under an address. */
export interface Burial {
  readonly tombstone: TombstoneItem;
  /** What was there: nothing, a registration, or its tombstone. */
  readonly found: "nothing" | "registration" | "tombstone";
}

export interface RegistrationsStore {
  /** @param email in key form. @returns undefined for an unknown address or a tombstone */
  find(email: string): Promise<StoredRegistration | undefined>;
  /** @param email in key form. @returns what stands under the address, tombstones included */
  look(email: string): Promise<StoredRegistration | TombstoneItem | undefined>;
  /**
   * Puts a tombstone under the address, so that nothing submitted before can be stored. Repeating it renews the
   * tombstone.
   * @param spareId id for the tombstone when there was no registration
   * @param now milliseconds since the epoch
   */
  erase(email: string, spareId: string, now: number): Promise<Burial>;
}

/** A manually created item may have no id. */
type Seen = Partial<StoredRegistration> | TombstoneItem;

/** Fails only when somebody changes the item each time. */
const maxTries = 20;

/** The item is unchanged. */
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

  /** @returns false when the item has changed: its id would be lost */
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
      if (isConditionFailure(error)) return false;
      throw error;
    }
  }

  return {
    look: async (email) => (await read(email)) as StoredRegistration | TombstoneItem | undefined,
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
