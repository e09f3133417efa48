/** Checks each part of a deployed stack by its AWS service: whether it exists, is complete and works. Read-only. */
import type { StackResourceSummary } from "@aws-sdk/client-cloudformation";
import { GetDistributionCommand } from "@aws-sdk/client-cloudfront";
import { DescribeAlarmsCommand, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { DescribeEnvironmentHealthCommand, DescribeEnvironmentsCommand } from "@aws-sdk/client-elastic-beanstalk";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { figuresDimension } from "../../shared/aws/cloudwatch-publisher.ts";
import { figuresNamespace, tiers } from "../../shared/aws/tier-grants.ts";
import { machineMemoryFigures } from "../../shared/process/machine-memory.ts";
import { outputNames, type MailOutputs } from "../../terminal/stack-outputs.ts";
import { attempt, failed, ok, unknown, type Check } from "./checklist.ts";
import type { DeploymentClients } from "./clients.ts";
import { deployObstacle, type DeployedStack } from "./deployed-stack.ts";
import { groupOf, readGroup } from "./groups.ts";
import { checkMailAccount, plainChecks } from "./mail-account.ts";

/** The outputs of a complete deployment. */
export const outputsOfParts = [
  ...outputNames,
  "DistributionId",
  "WebGroup",
  "WorkerGroup",
  "LoadBalancerDnsName",
  "ApplicationName",
] as const;

export type PartsOutputs = Readonly<Record<(typeof outputsOfParts)[number], string>> & MailOutputs;

/** @returns undefined where an output is missing: the stack is incomplete, or none of Turnout's */
export function partsOf({ outputs }: DeployedStack): PartsOutputs | undefined {
  return outputsOfParts.every((name) => outputs[name]) ? (outputs as PartsOutputs) : undefined;
}

const finished = /^(CREATE|UPDATE|IMPORT)_COMPLETE$/;
/** CloudFormation compares templates, not what is there. */
const changedByHand =
  "Somebody changed it by hand, and deploying again changes nothing while the template is the same: npm run deploy -- --revert-drift, with the stack's settings, compares with what is there.";
const removedByHand = changedByHand.replace("changed it", "removed it");
const figuresWithinMs = 900_000;
/** The rest are only counted. */
const mostNamed = 5;

export function checkStack(stack: DeployedStack, resources: readonly StackResourceSummary[]): readonly Check[] {
  const { status, reason } = stack;
  const checks: Check[] = [];
  if (finished.test(status)) checks.push(ok("stack", status));
  else {
    const otherwise =
      status === "UPDATE_ROLLBACK_COMPLETE"
        ? "The last deployment failed and was rolled back. The stack's events say why; fix it and deploy again."
        : "Wait until it is done, then verify again.";
    checks.push(failed("stack", `${status}${reason && `: ${reason}`}`, deployObstacle(stack) ?? otherwise));
  }
  return [...checks, checkResources(resources)];
}

function checkResources(resources: readonly StackResourceSummary[]): Check {
  const unfinished = resources.filter(({ ResourceStatus = "" }) => !finished.test(ResourceStatus));
  if (resources.length === 0) return failed("resources", "the stack has none", "Deploy it.");
  if (unfinished.length === 0) return ok("resources", `all ${resources.length} are in place`);
  const named = unfinished.slice(0, mostNamed).map(({ LogicalResourceId, ResourceStatus, ResourceStatusReason }) => {
    const why = ResourceStatusReason ? ` (${ResourceStatusReason})` : "";
    return `${LogicalResourceId} is ${ResourceStatus}${why}`;
  });
  const more = unfinished.length > mostNamed ? `, and ${unfinished.length - mostNamed} more` : "";
  return failed(
    "resources",
    `${unfinished.length} of ${resources.length} are not in place: ${named.join("; ")}${more}`,
    "Deploy again: what is already right stays.",
  );
}

/** @returns names of the stack's own alarms; those of Auto Scaling go off in normal operation */
export function alarmsOf(resources: readonly StackResourceSummary[]): string[] {
  return resources
    .filter(({ ResourceType, PhysicalResourceId }) => ResourceType === "AWS::CloudWatch::Alarm" && PhysicalResourceId)
    .map(({ PhysicalResourceId = "" }) => PhysicalResourceId);
}

export interface PartsCheckOptions {
  readonly clients: DeploymentClients;
  /** Name of the stack. */
  readonly stack: string;
  readonly outputs: PartsOutputs;
  /** `test` or `production`. Default: unknown. */
  readonly stage?: string | undefined;
  /** At most 100, CloudWatch's limit for one call. */
  readonly alarmNames: readonly string[];
  readonly signal: AbortSignal;
}

export async function checkParts(options: PartsCheckOptions): Promise<readonly Check[]> {
  const { clients, outputs, stage, alarmNames, signal } = options;
  const { MailQueueUrl, MailDeadLetterQueueUrl, MailsTable, MailIdentity } = outputs;
  const made = await Promise.all([
    environment("web", outputs.WebEnvironment),
    environment("worker", outputs.WorkerEnvironment),
    group("web", outputs.WebGroup, outputs.WebEnvironment),
    group("worker", outputs.WorkerGroup, outputs.WorkerEnvironment),
    queue("queue", outputs.QueueUrl, outputs.DeadLetterQueueUrl),
    queue("dead-letter queue", outputs.DeadLetterQueueUrl),
    table("registrations table", outputs.RegistrationsTable),
    table("dead-letters table", outputs.DeadLettersTable),
    table("outcomes table", outputs.OutcomesTable),
    table("activity table", outputs.ActivityTable),
    table("controls table", outputs.ControlsTable),
    MailQueueUrl ? queue("mail queue", MailQueueUrl, MailDeadLetterQueueUrl, "Mail") : [],
    MailDeadLetterQueueUrl ? queue("mails' dead-letter queue", MailDeadLetterQueueUrl) : [],
    MailsTable ? table("mails table", MailsTable) : [],
    MailIdentity ? mailAccount(MailIdentity) : [],
    distribution(outputs.DistributionId),
    figures(),
    alarms(),
  ]);
  return made.flat();

  function environment(tier: string, EnvironmentName: string) {
    const name = `${tier} environment`;
    return attempt(name, signal, async () => {
      const { beanstalk } = clients;
      const { Environments: [found] = [] } = await beanstalk.send(
        new DescribeEnvironmentsCommand({ EnvironmentNames: [EnvironmentName], IncludeDeleted: false }),
      );
      if (found === undefined) return failed(name, `${EnvironmentName} does not exist`, removedByHand);
      const state = `${found.Status}, health ${found.HealthStatus ?? found.Health}`;
      if (found.Status === "Ready" && found.Health === "Green")
        return ok(name, `${state}, version ${found.VersionLabel}`);
      const { Causes = [] } = await beanstalk.send(
        new DescribeEnvironmentHealthCommand({ EnvironmentName, AttributeNames: ["Causes"] }),
      );
      const said = Causes.length > 0 ? `: ${Causes.join("; ")}` : "";
      const logs = `Its logs are below /aws/elasticbeanstalk/${EnvironmentName}/; turnout doctor says whether a permission is missing.`;
      return failed(name, `${state}${said}`, found.Status === "Ready" ? logs : `Wait until it is Ready. ${logs}`);
    });
  }

  function group(tier: string, AutoScalingGroupName: string, EnvironmentName: string) {
    const name = `${tier} instances`;
    return attempt(name, signal, async () => {
      const real = (await groupOf(clients.beanstalk, EnvironmentName)) ?? AutoScalingGroupName;
      if (real !== AutoScalingGroupName) {
        const todo =
          "The environment was rebuilt, and its alarms, schedules and policies are still for the old group. Deploy again with the same settings: npm run deploy notices it and has the stack ask for the new one.";
        return failed(name, `the environment's group is ${real}, the stack knows ${AutoScalingGroupName}`, todo);
      }
      const found = await readGroup(clients.autoScaling, AutoScalingGroupName);
      if (found === undefined) {
        return failed(name, `the group ${AutoScalingGroupName} does not exist`, removedByHand);
      }
      const { Instances = [], MinSize = 0, MaxSize = 0, DesiredCapacity = 0 } = found;
      const serving = Instances.filter(
        ({ LifecycleState, HealthStatus }) => LifecycleState === "InService" && HealthStatus === "Healthy",
      ).length;
      const seen = `${serving} in service of ${DesiredCapacity} wanted, from ${MinSize} to ${MaxSize}`;
      if (serving >= Math.max(1, MinSize)) return ok(name, seen);
      return failed(
        name,
        seen,
        `See the activity history of ${AutoScalingGroupName}: a quota, a zone without capacity, or instances that do not start.`,
      );
    });
  }

  async function mailAccount(identity: string) {
    return plainChecks(await checkMailAccount(clients, { identity, isManaged: false, stage }, signal));
  }

  function queue(name: string, QueueUrl: string, deadLetterQueueUrl?: string, construct = "Data") {
    return attempt(name, signal, async () => {
      const { Attributes = {} } = await clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages", "RedrivePolicy"] }),
      );
      const seen = `answers, ${Attributes.ApproximateNumberOfMessages ?? 0} messages waiting`;
      if (deadLetterQueueUrl === undefined) return ok(name, seen);
      const wanted = new URL(deadLetterQueueUrl).pathname.split("/").at(-1) ?? "";
      if ((Attributes.RedrivePolicy ?? "").includes(`:${wanted}"`)) return ok(name, seen);
      const todo = `The construct ${construct} sets it; without it a message that crashes its worker returns forever. Somebody changed it by hand: npm run deploy -- --revert-drift, with the stack's settings, undoes that.`;
      return failed(name, `its dead letters do not go to ${wanted}`, todo);
    });
  }

  function table(name: string, TableName: string) {
    return attempt(name, signal, async () => {
      const { Table } = await clients.dynamoDb.send(new DescribeTableCommand({ TableName }));
      const { TableStatus, WarmThroughput } = Table ?? {};
      const warm = WarmThroughput?.WriteUnitsPerSecond;
      const seen = `${TableName} is ${TableStatus}${warm ? `, warm for ${warm.toLocaleString("en")} writes/s` : ""}`;
      if (TableStatus === "ACTIVE") return ok(name, seen);
      const check = TableStatus === "UPDATING" ? unknown : failed;
      return check(name, seen, "Wait until it is ACTIVE: raising warm throughput takes minutes to hours.");
    });
  }

  function distribution(Id: string) {
    const name = "distribution";
    return attempt(name, signal, async () => {
      const { Distribution } = await clients.cloudFront.send(new GetDistributionCommand({ Id }));
      const enabled = Distribution?.DistributionConfig?.Enabled === true;
      const seen = `${Id} is ${Distribution?.Status}, ${enabled ? "enabled" : "not enabled"}`;
      if (Distribution?.Status === "Deployed" && enabled) return ok(name, seen);
      return failed(name, seen, enabled ? "CloudFront takes some minutes. Verify again later." : changedByHand);
    });
  }

  /** Each instance publishes its memory every minute, whether or not anybody registers. */
  function figures() {
    return attempt("figures", signal, async () => {
      const EndTime = new Date();
      const { MetricDataResults = [] } = await clients.cloudWatch.send(
        new GetMetricDataCommand({
          StartTime: new Date(EndTime.getTime() - figuresWithinMs),
          EndTime,
          MetricDataQueries: tiers.map((Id) => {
            const Dimensions = [{ Name: figuresDimension, Value: options.stack }];
            const Metric = { Namespace: figuresNamespace, MetricName: machineMemoryFigures[Id], Dimensions };
            return { Id, MetricStat: { Metric, Period: 60, Stat: "Maximum" } };
          }),
        }),
      );
      return tiers.map((tier) => {
        const name = `${tier} figures`;
        const [latest] = MetricDataResults.find(({ Id }) => Id === tier)?.Values ?? [];
        if (latest !== undefined) return ok(name, `reach CloudWatch; memory in use ${Math.round(latest)} %`);
        const todo =
          "New instances need some minutes. Otherwise the tier's log says: figures do not reach CloudWatch, with the action.";
        return failed(name, `none in CloudWatch since ${figuresWithinMs / 60_000} min`, todo);
      });
    });
  }

  function alarms() {
    const name = "alarms";
    return attempt(name, signal, async () => {
      if (alarmNames.length === 0)
        return failed(name, "the stack has none", "Deploy again: nobody would notice a failure.");
      const { MetricAlarms = [] } = await clients.cloudWatch.send(
        new DescribeAlarmsCommand({ AlarmNames: [...alarmNames] }),
      );
      const gone = alarmNames.filter((one) => !MetricAlarms.some(({ AlarmName }) => AlarmName === one));
      if (gone.length > 0) return failed(name, `${gone.join(", ")} do not exist`, removedByHand);
      const inAlarm = MetricAlarms.filter(({ StateValue }) => StateValue === "ALARM").map(({ AlarmName }) => AlarmName);
      if (inAlarm.length === 0) return ok(name, `none of ${alarmNames.length} is in ALARM`);
      return failed(
        name,
        `in ALARM: ${inAlarm.join(", ")}`,
        "The description of each ends with what to do, in docs/operations.md.",
      );
    });
  }
}
