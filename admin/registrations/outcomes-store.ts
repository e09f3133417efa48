/** The outcomes table for admins. */
import { PutCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { DeadLetterSummary } from "../../shared/dead-letters/replay-records.ts";
import type { OutcomeItem } from "../../shared/registration/outcome.ts";
import { isConditionFailure } from "../../shared/aws/condition-failure.ts";
import { scanTable } from "../../shared/aws/table-scan.ts";

export interface OutcomesStore {
  /**
   * Records that this dead letter was discarded; an existing outcome stays. Safe to repeat.
   * @param at ISO 8601, UTC
   */
  discard(deadLetter: Pick<DeadLetterSummary, "id" | "registration">, at: string): Promise<void>;
  /**
   * Records that the registrations were erased, whatever their outcome. Safe to repeat.
   * @param at ISO 8601, UTC
   * @param expiresAt seconds since the epoch; afterwards they are unknown
   */
  erase(ids: readonly string[], at: string, expiresAt: number): Promise<void>;
  /** @returns ids of this registration's duplicates. Scans the table. */
  duplicatesOf(registrationId: string, signal: AbortSignal): Promise<string[]>;
}

const scanSegments = 4;

export function createOutcomesStore(documents: DynamoDBDocumentClient, tableName: string): OutcomesStore {
  async function putFirst(item: OutcomeItem): Promise<void> {
    try {
      await documents.send(
        new PutCommand({ TableName: tableName, Item: item, ConditionExpression: "attribute_not_exists(id)" }),
      );
    } catch (error) {
      if (isConditionFailure(error)) return;
      throw error;
    }
  }

  return {
    async discard({ id, registration }, at) {
      // They differ when an admin completed an unreadable body.
      for (const each of new Set([id, registration?.id ?? id])) await putFirst({ id: each, outcome: "discarded", at });
    },
    async erase(ids, at, expiresAt) {
      for (const id of ids) {
        const Item: OutcomeItem = { id, outcome: "erased", at, expiresAt };
        await documents.send(new PutCommand({ TableName: tableName, Item }));
      }
    },
    async duplicatesOf(registrationId, signal) {
      const found: string[] = [];
      await scanTable({
        documents,
        tableName,
        segments: scanSegments,
        attributes: ["id"],
        filter: {
          expression: "outcome = :duplicate AND duplicateOf = :of",
          values: { ":duplicate": "duplicate", ":of": registrationId },
        },
        signal,
        onPage(items) {
          for (const { id } of items) found.push(String(id));
        },
      });
      return found;
    },
  };
}
