/** The checks of `turnout doctor`: identity, queues, tables, tiers; and on AWS, the tiers' roles and denied calls. Read-only. */
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { doctorKey } from "../../shared/aws/people-grants.ts";
import { constructOfRole, tiers, type TierName } from "../../shared/aws/tier-grants.ts";
import type { Connection } from "../../terminal/connection.ts";
import { createTierSource } from "../../admin/inspector/inspector.ts";
import { readQueueCounts } from "../../shared/aws/queue-counts.ts";
import { attempt, failed, ok, skipped, unknown, type Check } from "./checklist.ts";
import { readAccount, type DeploymentClients } from "./clients.ts";
import { checkDeniedCalls } from "./denied-calls.ts";
import { readStack, type DeployedStack } from "./deployed-stack.ts";
import { checkMailAccount, plainChecks } from "./mail-account.ts";
import { checkRights, deploymentNames, outputsOfNames, type NamesOutputs } from "./tier-rights.ts";

const outputsOfTiers = {
  web: { role: "WebRoleArn", environment: "WebEnvironment" },
  worker: { role: "WorkerRoleArn", environment: "WorkerEnvironment" },
} as const satisfies Record<TierName, object>;

async function checkTiers(connection: Connection): Promise<readonly Check[]> {
  const states = await createTierSource(connection)();
  return states.map(({ tier, health, causes }) => {
    const name = `${tier} tier`;
    const said = causes.join("; ");
    if (health === "ok") return ok(name, "healthy");
    if (health === "unknown")
      return unknown(name, said || "its health is not known", "Set WEB_URL and WORKER_URL, or give --stack.");
    return failed(
      name,
      `${health}${said && `: ${said}`}`,
      "The cause names what to fix; docs/operations.md explains each.",
    );
  });
}

/** @returns checks of what the command itself can reach, in any deployment */
export async function diagnoseConnection(connection: Connection, signal: AbortSignal): Promise<readonly Check[]> {
  const { sqs, documents } = connection;
  const queue = (name: string, url: string) =>
    attempt(name, signal, async () => {
      const { waiting, inFlight, delayed } = await readQueueCounts(sqs, url);
      return ok(name, `answers, ${waiting + delayed} messages waiting, ${inFlight} in flight`);
    });
  const table = (name: string, TableName: string, key: string) =>
    attempt(name, signal, async () => {
      // No item has this key; only an answer is needed.
      await documents.send(new GetCommand({ TableName, Key: { [key]: doctorKey } }));
      return ok(name, `${TableName} answers`);
    });
  const checks = await Promise.all([
    attempt("identity", signal, async () => ok("identity", await connection.identity())),
    queue("queue", connection.queueUrl),
    queue("dead-letter queue", connection.deadLetterQueueUrl),
    table("registrations table", connection.registrationsTable, "email"),
    table("dead-letters table", connection.deadLettersTable, "id"),
    table("outcomes table", connection.outcomesTable, "id"),
    table("activity table", connection.activityTable, "bucket"),
    table("controls table", connection.controlsTable, "id"),
    connection.mailQueueUrl === undefined ? [] : queue("mail queue", connection.mailQueueUrl),
    connection.mailsTable === undefined ? [] : table("mails table", connection.mailsTable, "id"),
    attempt("tiers", signal, () => checkTiers(connection)),
  ]);
  return checks.flat();
}

/** @returns skipped checks that say why there are no roles to check */
export function withoutRoles(local: boolean): readonly Check[] {
  const why = local ? "the local engines have no roles" : "the tiers' roles are only known of a stack: give --stack";
  return tiers.map((tier) => skipped(`${tier} role`, why));
}

export interface StackDiagnosisOptions {
  readonly clients: DeploymentClients;
  readonly stack: string;
  /** The beginning of the log search: ISO 8601, UTC. */
  readonly since: string;
  readonly signal: AbortSignal;
  /** Called after each answer of IAM or the logs. */
  readonly onCheck?: () => void;
}

function missingOf(stack: DeployedStack, wanted: readonly string[]): string[] {
  return wanted.filter((name) => !stack.outputs[name]);
}

/**
 * @returns checks of the tiers' permissions; of an incomplete stack, what it lacks; undefined where there is no such stack
 * @throws the signal's reason; the SDK's error of CloudFormation
 */
export async function diagnoseStack(options: StackDiagnosisOptions): Promise<readonly Check[] | undefined> {
  const { clients, since, signal, onCheck } = options;
  const stack = await readStack(clients.cloudFormation, options.stack);
  if (stack === undefined) return undefined;
  const { outputs } = stack;
  const checks: Check[] = [
    ...(await attempt("identity", signal, async () => ok("identity", (await readAccount(clients)).identity))),
  ];
  const lacking = missingOf(stack, outputsOfNames);
  if (lacking.length > 0) {
    const found = `${stack.status}: it has no output ${lacking.join(", ")}`;
    const todo = `The stack is incomplete, or none of Turnout's. turnout stack verify --stack ${options.stack} says what is missing.`;
    return [...checks, failed("stack", found, todo)];
  }
  checks.push(ok("stack", stack.status));
  const names = deploymentNames(outputs as NamesOutputs);
  for (const tier of tiers) {
    const { [outputsOfTiers[tier].role]: roleArn, [outputsOfTiers[tier].environment]: environment } = outputs;
    if (!roleArn || !environment) {
      checks.push(
        failed(`${tier} role`, "the stack does not name it", `Deploy again: ${constructOfRole[tier]} creates it.`),
      );
      continue;
    }
    const instanceAccess = outputs["InstanceAccess"] === "on";
    checks.push(...(await checkRights({ client: clients.iam, tier, roleArn, names, instanceAccess, signal, onCheck })));
    checks.push(...(await checkDeniedCalls({ client: clients.logs, tier, environment, names, since, signal })));
    onCheck?.();
  }
  const { MailIdentity: identity } = outputs;
  if (identity) {
    const subject = { identity, isManaged: false, stage: stack.stage };
    checks.push(...plainChecks(await checkMailAccount(clients, subject, signal)));
  }
  return checks;
}
