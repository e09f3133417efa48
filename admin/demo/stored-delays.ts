/** How long it took from the acceptance to the table, by the times that the table itself holds. */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { KeyIndex } from "../audit/key-index.ts";
import { createLatencies, type Latencies } from "../load/latencies.ts";
import { scanTable } from "../../shared/table-scan.ts";

const scanSegments = 4;

/**
 * @param ids registrations that count; others in the table are passed over
 * @throws as `scanTable` does
 */
export async function readStoredDelays(
  documents: DynamoDBDocumentClient,
  tableName: string,
  ids: KeyIndex,
  signal: AbortSignal,
): Promise<Latencies> {
  const delays = createLatencies();
  await scanTable({
    documents,
    tableName,
    segments: scanSegments,
    attributes: ["registrationId", "submittedAt", "storedAt"],
    signal,
    onPage(items) {
      for (const { registrationId, submittedAt, storedAt } of items) {
        if (ids.find(String(registrationId)) < 0) continue;
        delays.add(Date.parse(String(storedAt)) - Date.parse(String(submittedAt)));
      }
    },
  });
  return delays;
}
