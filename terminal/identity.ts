/** Who it is that uses the command: what the history of a dead letter and the audit log say. */
import { hostname, userInfo } from "node:os";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Environment } from "../shared/process/environment.ts";
import { plainClientOptions, type StackLocation } from "./stack-outputs.ts";

function accountOnThisMachine(): string {
  try {
    return `${userInfo().username} on ${hostname()}`;
  } catch {
    // A container can run under a number that has no name.
    return `uid ${process.getuid?.() ?? "unknown"} on ${hostname()}`;
  }
}

/** @returns the name of this machine's account, where the engines are not those of AWS and know nobody */
export function readLocalIdentity(): Promise<string> {
  return Promise.resolve(accountOnThisMachine());
}

/**
 * @returns the ARN of the IAM identity; with endpoints other than those of AWS, the account of this machine
 * @throws the SDK's error, of missing or invalid credentials for example. No permission is needed for the question itself.
 */
export async function readIamIdentity(location: Omit<StackLocation, "stack">, env: Environment): Promise<string> {
  if (env.AWS_ENDPOINT_URL || env.AWS_ENDPOINT_URL_SQS || env.AWS_ENDPOINT_URL_DYNAMODB) return accountOnThisMachine();
  const client = new STSClient(plainClientOptions(location));
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand({}));
    return Arn ?? "an unknown identity";
  } finally {
    client.destroy();
  }
}
