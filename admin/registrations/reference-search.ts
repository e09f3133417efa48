/**
 * Finds the addresses of a reference, which is derived from a registration's id and stored nowhere: by reading through
 * the tables, paced. Two registrations may share a reference, so it returns all.
 */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { scanTable } from "../../shared/aws/table-scan.ts";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { createReadBudget } from "../../shared/http/read-budget.ts";
import type { OutcomeItem } from "../../shared/registration/outcome.ts";
import { referenceOf } from "../../shared/registration/reference.ts";
import { isTombstone } from "../../shared/registration/tombstone.ts";

export interface ReferenceSearch {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  readonly outcomesTable: string;
  readonly deadLettersTable: string;
  /** From `readReference`. */
  readonly reference: string;
  /** Read capacity units per second. */
  readonly maxReadUnits: number;
  readonly signal: AbortSignal;
  /** @param items read so far */
  readonly onProgress: (items: number) => void;
}

const segments = 4;

/**
 * @returns the addresses in key form, sorted: of what is stored, of what was withdrawn, of dead letters, and of second
 *   submissions, whose page shows a reference of their own. Not of what still waits in the queue.
 * @throws TURNOUT_INTERRUPTED, by the signal; the SDK's error when DynamoDB does not answer or rejects the call
 */
export async function findByReference(search: ReferenceSearch): Promise<string[]> {
  const { documents, registrationsTable, outcomesTable, deadLettersTable, reference, maxReadUnits, signal } = search;
  const isMeant = (id: unknown) => typeof id === "string" && referenceOf(id) === reference;
  const emails = new Set<string>();
  let read = 0;
  const scan = (tableName: string, attributes: readonly string[], take: (item: Record<string, unknown>) => void) =>
    scanTable({
      documents,
      tableName,
      segments,
      attributes,
      // Costs half; who asks for a reference registered a while ago.
      consistent: false,
      budget: createReadBudget(maxReadUnits, segments),
      signal,
      onPage(items) {
        for (const item of items) take(item);
        search.onProgress((read += items.length));
      },
    });

  /** Ids of the registrations that hold the address of a second submission with this reference. */
  const holders = new Set<unknown>();
  await scan(outcomesTable, ["id", "duplicateOf"], (item) => {
    const { id, duplicateOf } = item as unknown as OutcomeItem;
    if (duplicateOf !== undefined && isMeant(id)) holders.add(duplicateOf);
  });
  await scan(registrationsTable, ["email", "registrationId", "tombstone"], (item) => {
    const { email, registrationId, tombstone } = item;
    if (isTombstone(item) && tombstone !== "withdrawn") return;
    if (isMeant(registrationId) || holders.has(registrationId)) emails.add(String(email));
  });
  await createDeadLetterStore(documents, deadLettersTable).scan({}, signal, (records) => {
    for (const { registration } of records)
      if (registration && isMeant(registration.id)) emails.add(registration.email);
  });
  return [...emails].toSorted();
}
