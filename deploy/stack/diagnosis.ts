/**
 * What `turnout doctor` looks at: who asks, whether queues and tables answer, how the tiers are, and on AWS, what each tier's
 * role allows and what was denied of late. It changes nothing.
 */
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { constructOfRole, tiers, type TierName } from "../../shared/aws/tier-grants.ts";
import type { Connection } from "../../terminal/connection.ts";
import { createTierSource } from "../../admin/inspector/inspector.ts";
import { readQueueCounts } from "../../shared/aws/queue-counts.ts";
import { attempt, failed, ok, skipped, unknown, type Check } from "./checklist.ts";
import { readAccount, type DeploymentClients } from "./clients.ts";
import { checkDeniedCalls } from "./denied-calls.ts";
import { readStack, type DeployedStack } from "./deployed-stack.ts";
import { checkRights, deploymentNames, outputsOfNames } from "./tier-rights.ts";

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
      return unknown(name, said || "nobody says how it is", "Set WEB_URL and WORKER_URL, or give --stack.");
    return failed(
      name,
      `${health}${said && `: ${said}`}`,
      "The cause names what to mend; docs/operations.md explains each.",
    );
  });
}

/** @returns checks of what any deployment has, by what the command itself can reach */
export async function diagnoseConnection(connection: Connection, signal: AbortSignal): Promise<readonly Check[]> {
  const { sqs, documents } = connection;
  const queue = (name: string, url: string) =>
    attempt(name, signal, async () => {
      const { waiting, inFlight, delayed } = await readQueueCounts(sqs, url);
      return ok(name, `answers, ${waiting + delayed} messages wait, ${inFlight} are worked on`);
    });
  const table = (name: string, TableName: string, key: string) =>
    attempt(name, signal, async () => {
      // A key that nobody has: whether the table answers is the question.
      await documents.send(new GetCommand({ TableName, Key: { [key]: "turnout doctor" } }));
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
    attempt("tiers", signal, () => checkTiers(connection)),
  ]);
  return checks.flat();
}

/** @returns checks that say what was not looked at, where there is no stack whose roles could be asked about */
export function withoutRoles(local: boolean): readonly Check[] {
  const why = local
    ? "the engines on this machine know no roles and deny nothing"
    : "which roles the tiers have is known of a stack only: give --stack";
  return tiers.map((tier) => skipped(`${tier} role`, why));
}

export interface StackDiagnosisOptions {
  readonly clients: DeploymentClients;
  readonly stack: string;
  /** How far back the logs are read: ISO 8601, UTC. */
  readonly since: string;
  readonly signal: AbortSignal;
  /** Called after each call that IAM or the logs answered. */
  readonly onCheck?: () => void;
}

function missingOf(stack: DeployedStack, wanted: readonly string[]): string[] {
  return wanted.filter((name) => !stack.outputs[name]);
}

/**
 * @returns checks of the tiers' rights; of a stack that is half made, what it lacks. Undefined where there is no such stack.
 * @throws what the signal was aborted with; the SDK's error where CloudFormation does not tell what the stack is made of
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
    const todo = `The stack is half made, or none of Turnout's. turnout stack verify --stack ${options.stack} says what is missing.`;
    return [...checks, failed("stack", found, todo)];
  }
  checks.push(ok("stack", stack.status));
  const names = deploymentNames(outputs);
  for (const tier of tiers) {
    const { [outputsOfTiers[tier].role]: roleArn, [outputsOfTiers[tier].environment]: environment } = outputs;
    if (!roleArn || !environment) {
      checks.push(
        failed(`${tier} role`, "the stack does not name it", `Deploy again: ${constructOfRole[tier]} makes it.`),
      );
      continue;
    }
    checks.push(...(await checkRights({ client: clients.iam, tier, roleArn, names, signal, onCheck })));
    checks.push(...(await checkDeniedCalls({ client: clients.logs, tier, environment, names, since, signal })));
    onCheck?.();
  }
  return checks;
}
