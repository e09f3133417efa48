/** Looks up what became of a registration, for whoever holds its receipt. */
import { GetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { TurnoutError } from "../shared/errors.ts";
import type { ReceiptContent } from "./receipts.ts";

export type RegistrationStatus = "pending" | "confirmed" | "needs-attention";

export interface StatusReader {
  /**
   * @returns `confirmed` as soon as the address is registered, by this submission or an earlier one: the answer must not
   *   tell which. `needs-attention` while an organiser has to look at it. Otherwise `pending`.
   * @throws TURNOUT_TABLE_UNAVAILABLE
   */
  read(receipt: ReceiptContent): Promise<RegistrationStatus>;
}

export interface StatusReaderOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  readonly deadLettersTable: string;
}

export function createStatusReader(options: StatusReaderOptions): StatusReader {
  const { documents, registrationsTable, deadLettersTable } = options;

  /** @returns the one attribute of the item, or undefined when there is no such item */
  async function look(table: string, key: Record<string, string>, attribute: string): Promise<unknown> {
    const { Item } = await documents.send(
      new GetCommand({
        TableName: table,
        Key: key,
        ProjectionExpression: "#attribute",
        ExpressionAttributeNames: { "#attribute": attribute },
      }),
    );
    return Item?.[attribute];
  }

  return {
    async read({ email, registrationId }) {
      try {
        if (await look(registrationsTable, { email }, "registrationId")) return "confirmed";
        const state = await look(deadLettersTable, { id: registrationId }, "state");
        if (state === undefined) return "pending";
        // Resolved, and yet not under this address: an organiser corrected the address.
        return state === "resolved" ? "confirmed" : "needs-attention";
      } catch (cause) {
        throw new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "The registrations table did not answer.", { cause });
      }
    },
  };
}
