/**
 * Changes a dead letter on the condition that it is as it was read, so that whoever else is at work, an admin or a worker,
 * never has a change undone; who comes second is told so and looks again.
 */
import { UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { DeadLetterRecord, HistoryEntry } from "./dead-letter-record.ts";

/** What a record was when it was read: a change is only made while it still is so. */
export type SeenRecord = Pick<DeadLetterRecord, "id" | "state" | "failures" | "history">;

export function isConditionFailure(error: unknown): boolean {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}

export interface RecordChange {
  /** A line for the history. Default: none. */
  readonly entry?: HistoryEntry;
  /** Attributes to set, beside the history. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly (keyof DeadLetterRecord)[];
  /** What has to be true besides: an expression, and its values. */
  readonly condition?: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** @returns whether the change was made: false when the condition did not hold, or there is no such record */
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
  // Names that no expression uses are rejected.
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
 * Changes a record while it is exactly as it was seen, and nobody is replaying it: nothing at all has happened to it since,
 * for whatever happens adds to its history.
 * @param now ISO 8601, UTC: a claim that ran out before is nobody's any more
 * @param claim that may stand there: the caller's own, of an attempt whose answer was lost
 * @returns whether the change was made
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
    "(attribute_not_exists(claimedUntil) OR claimedUntil <= :now OR claim = :own)",
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
