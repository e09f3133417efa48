/**
 * Has IAM simulate, statement by statement, whether each tier's role allows what the tier does: with the permissions
 * boundary and the organisation's policies, without resource policies such as a queue's.
 */
import {
  paginateSimulatePrincipalPolicy,
  type EvaluationResult,
  type IAMClient,
  type ResourceSpecificResult,
} from "@aws-sdk/client-iam";
import {
  accessGrants,
  constructOfRole,
  grantsOf,
  type DeploymentNames,
  type Grant,
  type TierName,
} from "../../shared/aws/tier-grants.ts";
import type { MailOutputs } from "../../terminal/stack-outputs.ts";
import { attempt, failed, ok, type Check } from "./checklist.ts";

/** The outputs that name the stack's parts. */
export const outputsOfNames = [
  "QueueUrl",
  "DeadLetterQueueUrl",
  "RegistrationsTable",
  "DeadLettersTable",
  "OutcomesTable",
  "ActivityTable",
  "ControlsTable",
  "ApplicationName",
  "ReceiptKeysSecret",
] as const;

export type NamesOutputs = Readonly<Record<(typeof outputsOfNames)[number], string>> & MailOutputs;

export function deploymentNames(outputs: NamesOutputs): DeploymentNames {
  // The only output that is an ARN of the stack's region.
  const [, partition = "aws", , region = "", account = ""] = outputs.ReceiptKeysSecret.split(":");
  const arnOf = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const queueArn = (url: string) => arnOf("sqs", new URL(url).pathname.split("/").at(-1) ?? "");
  const { MailQueueUrl, MailsTable, MailConfigurationSet, MailSender } = outputs;
  return {
    partition,
    region,
    account,
    queueArn: queueArn(outputs.QueueUrl),
    deadLetterQueueArn: queueArn(outputs.DeadLetterQueueUrl),
    registrationsTableArn: arnOf("dynamodb", `table/${outputs.RegistrationsTable}`),
    deadLettersTableArn: arnOf("dynamodb", `table/${outputs.DeadLettersTable}`),
    outcomesTableArn: arnOf("dynamodb", `table/${outputs.OutcomesTable}`),
    activityTableArn: arnOf("dynamodb", `table/${outputs.ActivityTable}`),
    controlsTableArn: arnOf("dynamodb", `table/${outputs.ControlsTable}`),
    applicationName: outputs.ApplicationName,
    receiptKeysArn: outputs.ReceiptKeysSecret,
    ...(MailQueueUrl &&
      MailsTable &&
      MailConfigurationSet &&
      MailSender && {
        mail: {
          queueArn: queueArn(MailQueueUrl),
          tableArn: arnOf("dynamodb", `table/${MailsTable}`),
          configurationSetArn: arnOf("ses", `configuration-set/${MailConfigurationSet}`),
          senderAddress: MailSender,
        },
      }),
  };
}

interface Denial {
  readonly action: string;
  readonly resource: string;
  readonly because: "missing" | "forbidden" | "boundary" | "organisation";
}

type Evaluation = EvaluationResult & Partial<ResourceSpecificResult>;

function denialOf(whole: EvaluationResult, one: Evaluation): Denial | undefined {
  const decision = one.EvalResourceDecision ?? whole.EvalDecision;
  if (decision === "allowed") return undefined;
  const boundary = one.PermissionsBoundaryDecisionDetail ?? whole.PermissionsBoundaryDecisionDetail;
  const because =
    whole.OrganizationsDecisionDetail?.AllowedByOrganizations === false
      ? "organisation"
      : boundary?.AllowedByPermissionsBoundary === false
        ? "boundary"
        : decision === "explicitDeny"
          ? "forbidden"
          : "missing";
  const resource = one.EvalResourceName ?? whole.EvalResourceName ?? "*";
  return { action: whole.EvalActionName ?? "", resource, because };
}

/** IAM simulates names, not patterns; any name that matches will do. */
function example(resource: string): string {
  return resource === "*" ? resource : resource.replaceAll("*", "x");
}

async function simulate(client: IAMClient, roleArn: string, grant: Grant): Promise<Denial[]> {
  const denials: Denial[] = [];
  const context = Object.values(grant.conditions ?? {}).flatMap((pairs) => Object.entries(pairs));
  const request = {
    PolicySourceArn: roleArn,
    ActionNames: [...grant.actions],
    ResourceArns: grant.resources.map(example),
    ContextEntries: context.map(([ContextKeyName, value]) => ({
      ContextKeyName,
      ContextKeyValues: [value].flat(),
      ContextKeyType: "string" as const,
    })),
  };
  let evaluated = 0;
  for await (const { EvaluationResults = [] } of paginateSimulatePrincipalPolicy({ client }, request)) {
    for (const whole of EvaluationResults) {
      evaluated += 1;
      const each = whole.ResourceSpecificResults?.length ? whole.ResourceSpecificResults : [whole];
      for (const one of each)
        denials.push(...[denialOf(whole, one as Evaluation)].filter((denial) => denial !== undefined));
    }
  }
  if (evaluated === 0) throw new Error(`IAM gave no answer for ${grant.actions.join(", ")}.`);
  return denials;
}

const remedies: Record<Denial["because"], (sid: string, construct: string) => string> = {
  missing: (sid, construct) =>
    `The statement ${sid} of the construct ${construct} should allow it (shared/aws/tier-grants.ts). Deploy again, if the role is older than the code; with --revert-drift, if it was changed by hand.`,
  forbidden: (_sid, construct) =>
    `A policy of the role denies it explicitly. Find the Deny among the policies of the role of ${construct}; Turnout's statements deny nothing.`,
  boundary: (_sid, construct) =>
    `The permissions boundary of the role of ${construct} does not allow it. Extend the boundary.`,
  organisation: () =>
    "A service control policy of the organisation denies it. Only the organisation's administrators can change that.",
};

/** An ARN without what all of an account share. */
function shortName(arn: string): string {
  return arn.split(":").slice(5).join(":") || arn;
}

/** @returns the resources of a grant, and its conditions */
function scopeOf({ resources, conditions = {} }: Grant): string {
  const bound = Object.values(conditions).flatMap((pairs) => Object.entries(pairs));
  return [...resources.map(shortName), ...bound.map(([key, value]) => `${key} ${[value].flat().join(" or ")}`)].join(
    ", ",
  );
}

export interface RightsOptions {
  readonly client: IAMClient;
  readonly tier: TierName;
  readonly roleArn: string;
  readonly names: DeploymentNames;
  /** Whether Session Manager should reach the tier's instances. */
  readonly instanceAccess: boolean;
  readonly signal: AbortSignal;
  readonly onCheck?: (() => void) | undefined;
}

/** @returns one check for each statement that the role should have */
export async function checkRights(options: RightsOptions): Promise<readonly Check[]> {
  const { client, tier, roleArn, names, instanceAccess, signal, onCheck } = options;
  const { code, platform } = grantsOf(tier, names);
  const checks: Check[] = [];
  // One at a time: IAM throttles its simulator early.
  for (const grant of [...code, ...platform, ...(instanceAccess ? accessGrants : [])]) {
    const name = `${tier} role: ${grant.sid}`;
    const made = await attempt(name, signal, async () => {
      const denials = await simulate(client, roleArn, grant);
      const [first] = denials;
      if (first === undefined) return ok(name, `${grant.actions.join(", ")} on ${scopeOf(grant)}`);
      const said = denials.map(({ action, resource }) => `${action} on ${resource}`).join("; ");
      return failed(name, `not allowed: ${said}`, remedies[first.because](grant.sid, constructOfRole[tier]));
    });
    checks.push(...made.map((check) => ofMissingRole(check, tier)));
    onCheck?.();
  }
  return checks;
}

function ofMissingRole(check: Check, tier: TierName): Check {
  if (!check.found.startsWith("NoSuchEntity")) return check;
  return failed(
    check.name,
    check.found,
    `The role is missing. The construct ${constructOfRole[tier]} creates it: deploy again.`,
  );
}

/** @returns the id of the statement that should allow an action */
export function statementOf(tier: TierName, names: DeploymentNames, action: string): string | undefined {
  const { code, platform } = grantsOf(tier, names);
  return [...code, ...platform].find(({ actions }) => actions.includes(action))?.sid;
}
