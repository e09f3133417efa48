/** Reads how long registrations took from acceptance to the table, by the times in the table. */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { KeyIndex } from "../../admin/audit/key-index.ts";
import { scanTable } from "../../shared/aws/table-scan.ts";
import { onlyRegistrations } from "../../shared/registration/tombstone.ts";

const scanSegments = 4;

export interface StoredDelaysOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Registrations that count; others in the table are ignored. */
  readonly ids: KeyIndex;
  readonly signal: AbortSignal;
  /**
   * @param number of the registration in `ids`
   * @param storedAt milliseconds since the epoch
   */
  onDelay(milliseconds: number, number: number, storedAt: number): void;
}

/** @throws as `scanTable` does */
export async function readStoredDelays(options: StoredDelaysOptions): Promise<void> {
  const { documents, tableName, ids, signal, onDelay } = options;
  await scanTable({
    documents,
    tableName,
    segments: scanSegments,
    attributes: ["registrationId", "submittedAt", "storedAt"],
    filter: onlyRegistrations,
    signal,
    onPage(items) {
      for (const { registrationId, submittedAt, storedAt } of items) {
        const number = ids.find(String(registrationId));
        const stored = Date.parse(String(storedAt));
        if (number >= 0) onDelay(stored - Date.parse(String(submittedAt)), number, stored);
      }
    },
  });
}
