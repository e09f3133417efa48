/**
 * The outcomes table as the worker uses it: it says what became of registrations that did not become the item under their
 * address. Inserts only, never a put: whatever stands there was decided before, or by an admin since, and a redelivery
 * must not change it.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { OutcomeItem } from "../shared/registration/outcome.ts";
import { createBatchInsert, expiryOf, type Rejected } from "./batch-insert.ts";
import type { Transient } from "./batch-writer.ts";

/** What is to be written. */
export interface NewOutcome extends Pick<OutcomeItem, "id" | "outcome" | "duplicateOf"> {
  /** When the insert was tried that told: milliseconds since the epoch. */
  readonly triedAt: number;
}

export type RecordResult =
  /** An outcome stands under the id. `fresh`: it is this one, and was not there before. */
  { readonly kind: "recorded"; readonly fresh: boolean } | Rejected;

export interface OutcomesTable {
  /**
   * @param outcomes 1 to 25, no two with the same id (DynamoDB rejects the whole call otherwise)
   * @returns a result for each, in order; never rejects
   */
  record(outcomes: readonly NewOutcome[]): Promise<(RecordResult | Transient)[]>;
}

export interface OutcomesTableOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Days after which DynamoDB removes an item by its `expiresAt`, as that of a registration. Default: never. */
  readonly retentionDays?: number | undefined;
  /** Told of each call: how many statements it carried and how many attempts the SDK made for it. */
  readonly onCall: (statements: number, attempts: number) => void;
}

const fresh: RecordResult = { kind: "recorded", fresh: true };
const known: RecordResult = { kind: "recorded", fresh: false };

export function createOutcomesTable(options: OutcomesTableOptions): OutcomesTable {
  const { documents, tableName, retentionDays, onCall } = options;
  const insert = createBatchInsert<NewOutcome>({
    documents,
    tableName,
    construct: "Roles/WorkerRole",
    attributes: ["id", "outcome", "at", ...(retentionDays === undefined ? [] : ["expiresAt"]), "duplicateOf"],
    parameters({ id, outcome, duplicateOf, triedAt }) {
      const values: AttributeValue[] = [{ S: id }, { S: outcome }, { S: new Date(triedAt).toISOString() }];
      if (retentionDays !== undefined) values.push({ N: String(expiryOf(triedAt, retentionDays)) });
      if (duplicateOf !== undefined) values.push({ S: duplicateOf });
      return values;
    },
    onCall,
  });

  return {
    async record(outcomes) {
      const results = await insert(outcomes);
      return results.map((result) => {
        if (result.kind === "inserted") return fresh;
        return result.kind === "taken" ? known : result;
      });
    },
  };
}
