/**
 * Reads out of the source of a tier or a command which AWS actions it can call: from its file along every import that is not only a type,
 * so that what another tier uses of `shared/` does not count.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** SDK command → IAM action. A command that is not here stops the test: it has to be reviewed first. */
const actionsOfCommands: Readonly<Record<string, string | readonly string[]>> = {
  SendMessageCommand: "sqs:SendMessage",
  SendMessageBatchCommand: "sqs:SendMessage",
  ReceiveMessageCommand: "sqs:ReceiveMessage",
  DeleteMessageCommand: "sqs:DeleteMessage",
  DeleteMessageBatchCommand: "sqs:DeleteMessage",
  ChangeMessageVisibilityCommand: "sqs:ChangeMessageVisibility",
  ChangeMessageVisibilityBatchCommand: "sqs:ChangeMessageVisibility",
  GetQueueAttributesCommand: "sqs:GetQueueAttributes",
  GetCommand: "dynamodb:GetItem",
  BatchGetCommand: "dynamodb:BatchGetItem",
  PutCommand: "dynamodb:PutItem",
  UpdateCommand: "dynamodb:UpdateItem",
  DeleteCommand: "dynamodb:DeleteItem",
  QueryCommand: "dynamodb:Query",
  ScanCommand: "dynamodb:Scan",
  BatchWriteCommand: "dynamodb:BatchWriteItem",
  DescribeTableCommand: "dynamodb:DescribeTable",
  PutMetricDataCommand: "cloudwatch:PutMetricData",
  // SES checks the action of its first API as well.
  SendBulkEmailCommand: ["ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"],
  GetAccountCommand: "ses:GetAccount",
  // Of people's commands.
  GetEmailIdentityCommand: "ses:GetEmailIdentity",
  DescribeStacksCommand: "cloudformation:DescribeStacks",
  GetTemplateCommand: "cloudformation:GetTemplate",
  ListStackResourcesCommand: "cloudformation:ListStackResources",
  CreateLogStreamCommand: "logs:CreateLogStream",
  PutLogEventsCommand: "logs:PutLogEvents",
  DescribeLogGroupsCommand: "logs:DescribeLogGroups",
  FilterLogEventsCommand: "logs:FilterLogEvents",
  DescribeConfigurationSettingsCommand: "elasticbeanstalk:DescribeConfigurationSettings",
  DescribeEnvironmentHealthCommand: "elasticbeanstalk:DescribeEnvironmentHealth",
  DescribeEnvironmentResourcesCommand: "elasticbeanstalk:DescribeEnvironmentResources",
  DescribeEnvironmentsCommand: "elasticbeanstalk:DescribeEnvironments",
  GetDistributionCommand: "cloudfront:GetDistribution",
  GetMetricDataCommand: "cloudwatch:GetMetricData",
  DescribeAlarmsCommand: "cloudwatch:DescribeAlarms",
  DescribeAlarmHistoryCommand: "cloudwatch:DescribeAlarmHistory",
  DescribeAutoScalingGroupsCommand: "autoscaling:DescribeAutoScalingGroups",
  DescribePoliciesCommand: "autoscaling:DescribePolicies",
  DescribeScalingActivitiesCommand: "autoscaling:DescribeScalingActivities",
  DescribeNetworkInterfacesCommand: "ec2:DescribeNetworkInterfaces",
  DescribeSecurityGroupsCommand: "ec2:DescribeSecurityGroups",
  SimulatePrincipalPolicyCommand: "iam:SimulatePrincipalPolicy",
  // Needs no permission.
  GetCallerIdentityCommand: [],
  // Asked of the local stack only.
  GetQueueUrlCommand: [],
};

/** PartiQL's action depends on the statement, which stands in the same file as its command. */
const actionsOfStatements: readonly (readonly [statement: RegExp, action: string])[] = [
  [/["'`]INSERT INTO /, "dynamodb:PartiQLInsert"],
  [/["'`]SELECT /, "dynamodb:PartiQLSelect"],
  [/["'`]UPDATE /, "dynamodb:PartiQLUpdate"],
  [/["'`]DELETE FROM /, "dynamodb:PartiQLDelete"],
];
const statementCommands = new Set(["BatchExecuteStatementCommand", "ExecuteStatementCommand"]);

/** What sqs-consumer calls by itself once it is started. */
const actionsOfConsumer = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];

const imports = /^(?:im|ex)port\s([^;]*?)\s?(?:from\s)?"(\.[^"]+\.ts)";/gm;
const laterImports = /\bimport\(()"(\.[^"]+\.ts)"\)/g;

/**
 * @param later whether modules count that are only loaded when they are needed
 * @returns the files that a module loads, itself first, types left out
 */
export function loadedFiles(entry: string, later = false): string[] {
  const seen = new Set<string>();
  const open = [resolve(entry)];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const source = readFileSync(file, "utf8");
    for (const [, clause = "", path = ""] of [
      ...source.matchAll(imports),
      ...(later ? source.matchAll(laterImports) : []),
    ]) {
      if (!clause.startsWith("type ")) open.push(resolve(dirname(file), path));
    }
  }
  return [...seen];
}

/**
 * @returns the actions that a source can call
 * @throws Error naming a command that nobody reviewed yet
 */
export function calledActions(source: string): Set<string> {
  const actions = new Set<string>();
  for (const [, created, paged = ""] of source.matchAll(/new (\w+Command)\(|\bpaginate([A-Z]\w+)\(/g)) {
    const command = created ?? `${paged}Command`;
    if (statementCommands.has(command)) {
      const statements = actionsOfStatements.filter(([statement]) => statement.test(source));
      if (statements.length === 0) throw new Error(`${command} is used where no statement stands`);
      for (const [, action] of statements) actions.add(action);
    } else {
      const called = actionsOfCommands[command];
      if (called === undefined) throw new Error(`${command} is a call that no action is known for`);
      for (const action of [called].flat()) actions.add(action);
    }
  }
  for (const [, called = ""] of source.matchAll(/\["ssm", "([a-z-]+)"/g)) {
    actions.add(`ssm:${called.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`);
  }
  if (/Consumer\.create\(|new Consumer\(/.test(source)) for (const action of actionsOfConsumer) actions.add(action);
  return actions;
}
