/** Deletes permanently what the stack of a production keeps: its tables and queues, and its audit log. Only on demand. */
import { setTimeout as delay } from "node:timers/promises";
import { DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DeleteTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { DeleteQueueCommand } from "@aws-sdk/client-sqs";
import { kindOf } from "../../shared/aws/aws-error.ts";
import type { DeploymentClients } from "../stack/clients.ts";
import type { PlannedResource } from "./removal-plan.ts";

export interface KeptDataOptions {
  readonly clients: Pick<DeploymentClients, "dynamoDb" | "logs" | "sqs">;
  readonly note: (line: string) => void;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/** A table is busy for a moment after its deletion protection was switched off, and perhaps before it can be. */
const maxTries = 30;

/**
 * Safe to call again.
 * @returns the resources of other kinds, which are not deleted
 * @throws the SDK's error
 */
export async function deleteKeptData(
  kept: readonly PlannedResource[],
  { clients: { dynamoDb, logs, sqs }, note, pollMs, signal }: KeptDataOptions,
): Promise<PlannedResource[]> {
  async function deleteTable(TableName: string): Promise<void> {
    let isProtected = true;
    for (let tries = 1; ; tries += 1) {
      signal.throwIfAborted();
      try {
        if (isProtected) await dynamoDb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
        isProtected = false;
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
      else if (type === "AWS::Logs::LogGroup") await logs.send(new DeleteLogGroupCommand({ logGroupName: name }));
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
