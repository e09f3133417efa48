/** The registrations table as an admin uses it: one registration at a time, by its address. */
import { DeleteCommand, GetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { StoredRegistration } from "./stored-registration.ts";

export interface RegistrationsStore {
  /** @param email in key form. @returns undefined where nobody has this address */
  find(email: string): Promise<StoredRegistration | undefined>;
  /** Erases it. @returns whether it was there; doing it again gives false */
  erase(email: string): Promise<boolean>;
}

export function createRegistrationsStore(documents: DynamoDBDocumentClient, tableName: string): RegistrationsStore {
  return {
    async find(email) {
      const { Item } = await documents.send(
        new GetCommand({ TableName: tableName, Key: { email }, ConsistentRead: true }),
      );
      return Item as StoredRegistration | undefined;
    },
    async erase(email) {
      const { Attributes } = await documents.send(
        new DeleteCommand({ TableName: tableName, Key: { email }, ReturnValues: "ALL_OLD" }),
      );
      return Attributes !== undefined;
    },
  };
}
