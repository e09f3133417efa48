/**
 * Changes a dead letter on the condition that it is unchanged since it was read, so that concurrent changes by admins
 * and workers never overwrite each other.
 */
import { UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { isConditionFailure } from "../aws/condition-failure.ts";
import type { DeadLetterRecord, HistoryEntry } from "./dead-letter-record.ts";

/** The version that was read; the change requires that it is current. */
export type SeenRecord = Pick<DeadLetterRecord, "id" | "state" | "failures" | "history">;

/** What ends with a change: an expired claim is void then. */
export const claimAttributes = ["claim", "claimedBy", "claimedUntil"] as const;

export interface RecordChange {
  /** History entry to add. Default: none. */
  readonly entry?: HistoryEntry;
  /** Attributes to set, besides the history. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly (keyof DeadLetterRecord)[];
  /** Further condition: an expression and its values. */
  readonly condition?: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** @returns whether it was changed: false when the condition failed or there is no such record */
export async function changeIf(
  documents: DynamoDBDocumentClient,
  tableName: string,
  id: string,
  { entry, set = {}, remove = [], condition, values = {} }: RecordChange & { readonly condition: string },
): Promise<boolean> {
  const sets = Object.keys(set).map((name) => `#${name} = :${name}`);
  if (entry) sets.push("#history = list_append(#history, :entry)");
  const names = [...Object.keys(set), ...remove, ...(["state", "history"] as const)];
  const expression = [
    ...(sets.length > 0 ? [`SET ${sets.join(", ")}`] : []),
    ...(remove.length > 0 ? [`REMOVE ${remove.map((name) => `#${name}`).join(", ")}`] : []),
  ].join(" ");
  // DynamoDB rejects unused names.
  const used = names.filter((name) => new RegExp(`#${name}\\b`).test(`${expression} ${condition}`));
  try {
    await documents.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { id },
        UpdateExpression: expression,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(used.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ...values,
          ...(entry && { ":entry": [entry] }),
          ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:${name}`, value])),
        },
      }),
    );
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

/**
 * Changes a record if it is unchanged and not being replayed: every change adds to the history, so its length is
 * compared.
 * @param now ISO 8601, UTC; claims that expired before are ignored
 * @param claim beginning of claims that may exist: the caller's own, from an attempt without an answer or a process that
 *   ended
 * @returns whether it was changed
 */
export function changeUnclaimed(
  documents: DynamoDBDocumentClient,
  tableName: string,
  { id, state, failures, history }: SeenRecord,
  now: string,
  change: RecordChange,
  claim = "none",
): Promise<boolean> {
  const conditions = [
    "#state = :seenState AND failures = :seenFailures AND size(#history) = :seenHistory",
    "(attribute_not_exists(claimedUntil) OR claimedUntil <= :now OR begins_with(claim, :own))",
    ...(change.condition === undefined ? [] : [change.condition]),
  ];
  return changeIf(documents, tableName, id, {
    ...change,
    condition: conditions.join(" AND "),
    values: {
      ...change.values,
      ":seenState": state,
      ":seenFailures": failures,
      ":seenHistory": history.length,
      ":now": now,
      ":own": claim,
    },
  });
}
