/** Recognises a conditional write that DynamoDB did not make because its condition did not hold. */
import type { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";

/** @returns whether it is that error; `Item` is the item in DynamoDB's attribute values, if the call asked for it */
export function isConditionFailure(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}
