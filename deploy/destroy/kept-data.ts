/** Deletes for good what the stack of a production leaves: its tables and queues. Only ever called on demand. */
import { setTimeout as delay } from "node:timers/promises";
import { DeleteTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { DeleteQueueCommand } from "@aws-sdk/client-sqs";
import { kindOf } from "../../shared/aws/aws-error.ts";
import type { DeploymentClients } from "../stack/clients.ts";
import type { PlannedResource } from "./removal-plan.ts";

export interface KeptDataOptions {
  readonly clients: Pick<DeploymentClients, "dynamoDb" | "sqs">;
  readonly note: (line: string) => void;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/** Switching the protection off keeps a table busy for a moment. */
const maxTries = 30;

/**
 * Safe to call again: what is gone already counts as deleted.
 * @returns what is left, since it is of another kind
 * @throws the SDK's error where DynamoDB or SQS refuses
 */
export async function deleteKeptData(
  kept: readonly PlannedResource[],
  { clients: { dynamoDb, sqs }, note, pollMs, signal }: KeptDataOptions,
): Promise<PlannedResource[]> {
  async function deleteTable(TableName: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      signal.throwIfAborted();
      try {
        if (tries === 1) await dynamoDb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
        await dynamoDb.send(new DeleteTableCommand({ TableName }));
        return;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "ResourceInUseException" || tries >= maxTries) throw error;
        await delay(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  const left: PlannedResource[] = [];
  for (const resource of kept) {
    const { type, name } = resource;
    try {
      if (/^AWS::DynamoDB::(Global)?Table$/.test(type)) await deleteTable(name);
      else if (type === "AWS::SQS::Queue") await sqs.send(new DeleteQueueCommand({ QueueUrl: name }));
      else {
        left.push(resource);
        continue;
      }
    } catch (error) {
      if (kindOf(error) !== "missing-resource") throw error;
    }
    note(`Deleted ${name}.`);
  }
  return left;
}
