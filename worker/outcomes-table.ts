/**
 * The outcomes table as the worker uses it: what became of registrations that are not the item under their address.
 * Only inserts: an existing outcome was decided before, and a redelivery must not change it.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { OutcomeItem } from "../shared/registration/outcome.ts";
import { createBatchInsert, expiryOf, type Rejected } from "./batch-insert.ts";
import type { Transient } from "./batch-writer.ts";

/** The outcome to write. */
export interface NewOutcome extends Pick<OutcomeItem, "id" | "outcome" | "duplicateOf"> {
  /** When the deciding insert was tried: milliseconds since the epoch. */
  readonly triedAt: number;
}

export type RecordResult =
  /** The outcome is stored. `fresh`: by this call. */
  { readonly kind: "recorded"; readonly fresh: boolean } | Rejected;

export interface OutcomesTable {
  /**
   * @param outcomes 1 to 25 with different ids (DynamoDB otherwise rejects the whole call)
   * @returns a result for each, in order; never rejects
   */
  record(outcomes: readonly NewOutcome[]): Promise<(RecordResult | Transient)[]>;
}

export interface OutcomesTableOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Days until DynamoDB removes an item by its `expiresAt`, as for registrations. Default: never. */
  readonly retentionDays?: number | undefined;
  /** Called per call with its number of statements and the SDK's attempts. */
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
