/** Reads names of queues and tables from the outputs of a deployed CloudFormation stack, so that nobody types URLs. */
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { TurnoutError } from "../shared/errors.ts";
import type { ResourceNames } from "./connection.ts";

/** Names of the outputs that `infra/` gives the stack. */
export const outputNames: Readonly<Record<keyof ResourceNames, string>> = {
  queueUrl: "QueueUrl",
  deadLetterQueueUrl: "DeadLetterQueueUrl",
  registrationsTable: "RegistrationsTableName",
  deadLettersTable: "DeadLettersTableName",
};

export interface StackOutputsOptions {
  readonly stack: string;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

const requestTimeoutMs = 10_000;

async function describe({ stack, region, profile }: StackOutputsOptions): Promise<Map<string, string>> {
  const client = new CloudFormationClient({
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
  });
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return new Map(outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== "ValidationError") throw cause;
    throw new TurnoutError(
      "TURNOUT_DEPLOYMENT_UNKNOWN",
      `There is no stack ${stack} in this account and region (${cause.message}). Check --stack, --region and --profile.`,
      { cause },
    );
  } finally {
    client.destroy();
  }
}

/**
 * @throws TURNOUT_DEPLOYMENT_UNKNOWN when there is no such stack or it is none of Turnout; the SDK's error otherwise
 */
export async function readStackOutputs(options: StackOutputsOptions): Promise<ResourceNames> {
  const outputs = await describe(options);
  const missing = Object.values(outputNames).filter((name) => !outputs.has(name));
  if (missing.length > 0) {
    throw new TurnoutError(
      "TURNOUT_DEPLOYMENT_UNKNOWN",
      `The stack ${options.stack} is none of Turnout's: it has no output ${missing.join(", ")}.`,
    );
  }
  const read = (name: keyof ResourceNames) => outputs.get(outputNames[name]) ?? "";
  return {
    queueUrl: read("queueUrl"),
    deadLetterQueueUrl: read("deadLetterQueueUrl"),
    registrationsTable: read("registrationsTable"),
    deadLettersTable: read("deadLettersTable"),
  };
}
