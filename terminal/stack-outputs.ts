/** Reads queue, table and tier names from the outputs of a CloudFormation stack. */
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { TurnoutError } from "../shared/errors.ts";
import { unknownStack } from "./stack-names.ts";

/** The outputs used, as named in `infra/stack.ts`. */
export const outputNames = [
  "QueueUrl",
  "DeadLetterQueueUrl",
  "RegistrationsTable",
  "DeadLettersTable",
  "OutcomesTable",
  "ActivityTable",
  "ControlsTable",
  "AuditLogGroup",
  "WebEnvironment",
  "WorkerEnvironment",
  "Url",
] as const;

/** Only where the deployment sends mail. */
export const mailOutputNames = [
  "MailQueueUrl",
  "MailDeadLetterQueueUrl",
  "MailsTable",
  "MailConfigurationSet",
  "MailSender",
  "MailIdentity",
] as const;

export type MailOutputs = Readonly<Partial<Record<(typeof mailOutputNames)[number], string>>>;
export type StackOutputs = Readonly<Record<(typeof outputNames)[number], string>> & MailOutputs;

export interface StackLocation {
  readonly stack: string;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

const requestTimeoutMs = 10_000;

/** Options for AWS clients not made by `shared/aws/aws-clients.ts`. */
export function plainClientOptions({ region, profile }: Omit<StackLocation, "stack">) {
  return {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
  };
}

async function describe(location: StackLocation): Promise<Map<string, string>> {
  const { stack } = location;
  const client = new CloudFormationClient(plainClientOptions(location));
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return new Map(outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== "ValidationError") throw cause;
    throw Object.assign(await unknownStack(client, stack), { cause });
  } finally {
    client.destroy();
  }
}

/** @throws TURNOUT_DEPLOYMENT_UNKNOWN when there is no such stack or it is not Turnout's; otherwise the SDK's error */
export async function readStackOutputs(location: StackLocation): Promise<StackOutputs> {
  const outputs = await describe(location);
  const missing = outputNames.filter((name) => !outputs.has(name));
  if (missing.length > 0) {
    throw new TurnoutError(
      "TURNOUT_DEPLOYMENT_UNKNOWN",
      `The stack ${location.stack} is none of Turnout's: it has no output ${missing.join(", ")}.`,
    );
  }
  const present = [...outputNames, ...mailOutputNames.filter((name) => outputs.has(name))];
  return Object.fromEntries(present.map((name) => [name, outputs.get(name) ?? ""])) as StackOutputs;
}
