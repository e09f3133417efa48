/** The user of the command, for dead letters' histories and the audit log. */
import { hostname, userInfo } from "node:os";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Environment } from "../shared/process/environment.ts";
import { plainClientOptions, type StackLocation } from "./stack-outputs.ts";

function accountOnThisMachine(): string {
  try {
    return `${userInfo().username} on ${hostname()}`;
  } catch {
    // A container's user id may have no name.
    return `uid ${process.getuid?.() ?? "unknown"} on ${hostname()}`;
  }
}

/** @returns the local account, for engines other than AWS */
export function readLocalIdentity(): Promise<string> {
  return Promise.resolve(accountOnThisMachine());
}

/**
 * @returns the IAM identity's ARN; for other endpoints, the local account
 * @throws the SDK's error, such as missing or invalid credentials. Needs no permission.
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
