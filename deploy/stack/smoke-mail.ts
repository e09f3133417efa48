/** What the mails table says about the confirmation of a smoke registration. */
import { GetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { RegistrationsStore } from "../../admin/registrations/registrations-store.ts";
import { mailKey } from "../../shared/mail/mail-pack.ts";

export interface MailRecord {
  /** `sent`, `rejected`, `limited` or `obsolete`. */
  readonly outcome: string;
  readonly detail?: string;
}

/**
 * @param email in key form
 * @returns undefined while there is no record
 */
export async function findConfirmation(
  email: string,
  documents: DynamoDBDocumentClient,
  mailsTable: string,
  registrations: Pick<RegistrationsStore, "find">,
): Promise<MailRecord | undefined> {
  const found = await registrations.find(email);
  if (found === undefined) return undefined;
  const id = mailKey({ kind: "confirmed", id: found.registrationId });
  const { Item } = await documents.send(new GetCommand({ TableName: mailsTable, Key: { id }, ConsistentRead: true }));
  return Item as MailRecord | undefined;
}
