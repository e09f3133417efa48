/**
 * The AWS permissions of the people who look after a deployment, as data: `infra/people.ts` makes a managed policy of each
 * role, attached to nobody. Each is complete for its commands, which a test verifies both ways.
 *
 *     read-only   the console with --read-only, queue, dead-letters list and show, registrations find, log, audit,
 *                 stack watch-scaling. It sees attendee data, and changes nothing.
 *     admin       all of the console, and every command on dead letters, registrations and acceptance
 *     operator    doctor, stack verify, watch-scaling, stress-cpu and stress. Its reads of registrations are bound to
 *                 made-up people, except where a load is audited, in a test stage.
 *
 * Deploying and destroying are not here: they need what CDK needs.
 */
import { type DeploymentNames, type Grant } from "./tier-grants.ts";

export const peopleRoles = ["read-only", "admin", "operator"] as const;
export type PeopleRole = (typeof peopleRoles)[number];

/** The names of what only people ask about. */
export interface PeopleNames extends DeploymentNames {
  readonly stackName: string;
  readonly environments: Readonly<Record<"web" | "worker", string>>;
  readonly roleArns: readonly string[];
  readonly distributionArn: string;
  readonly auditLogGroupArn: string;
  /** Undefined where there is no mail. */
  readonly mailDeadLetterQueueArn: string | undefined;
  /** Whether Systems Manager reaches the instances. */
  readonly instanceAccess: boolean;
  /** A test stage, in which loads are audited. */
  readonly isTest: boolean;
}

/** Keys of made-up people, whose domains are reserved for tests (RFC 2606, RFC 6761, and IANA's for other scripts). */
export const madeUpAddresses = [
  "*@example.org",
  "*@example.com",
  "*@example.net",
  "*@mail.example.com",
  "*.example",
  "*.xn--zckzah",
  "*.xn--80akhbyknj4f",
] as const;

/** The key that `turnout doctor` asks each table for: no item has it. */
export const doctorKey = "turnout doctor";

const aboutAll = "AWS lets no resource be named for these actions; they only read.";
const listsResources = "cloudformation:ListStackResources";
const keysAre = "ForAllValues:StringLike";

/** @param names plain, or as CDK tokens */
export function peopleGrantsOf(role: PeopleRole, names: PeopleNames): readonly Grant[] {
  switch (role) {
    case "read-only":
      return [...mayRead(names, listsResources), mayReadOutcomes(names), ...mayWatchScaling()];
    case "admin":
      return [...mayRead(names), mayReadOutcomes(names), ...mayChange(names), ...mayLog(names)];
    case "operator":
      return [...mayDiagnose(names), ...mayVerify(names), ...mayWatchScaling(), ...mayLoad(names)];
  }
}

function arn({ partition, region, account }: DeploymentNames, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

/** An application of its own for each stack. */
function environmentsOf(names: PeopleNames): Pick<Grant, "resources" | "why"> {
  return {
    resources: [arn(names, "elasticbeanstalk", `environment/${names.applicationName}/*`)],
    why: "The environments of this stack's own application.",
  };
}

/** @param more actions beside finding its parts, and reading the deployed event */
function ownStack(names: PeopleNames, ...more: readonly string[]): Grant {
  return {
    sid: "Stack",
    actions: ["cloudformation:DescribeStacks", "cloudformation:GetTemplate", ...more],
    resources: [arn(names, "cloudformation", `stack/${names.stackName}/*`)],
    why: "This stack only; the rest of its ARN is new with each creation.",
  };
}

function mayCountMessages(names: PeopleNames): Grant {
  const { queueArn, deadLetterQueueArn, mail, mailDeadLetterQueueArn } = names;
  return {
    sid: "Queues",
    actions: ["sqs:GetQueueAttributes"],
    resources: [
      queueArn,
      deadLetterQueueArn,
      ...(mail && mailDeadLetterQueueArn !== undefined ? [mail.queueArn, mailDeadLetterQueueArn] : []),
    ],
  };
}

function mayRead(names: PeopleNames, ...ofStack: readonly string[]): readonly Grant[] {
  const { registrationsTableArn, deadLettersTableArn, activityTableArn, controlsTableArn, mail } = names;
  return [
    ownStack(names, ...ofStack),
    { sid: "Health", actions: ["elasticbeanstalk:DescribeEnvironmentHealth"], ...environmentsOf(names) },
    mayCountMessages(names),
    {
      sid: "People",
      actions: ["dynamodb:GetItem", "dynamodb:Scan"],
      resources: [registrationsTableArn, controlsTableArn],
    },
    // About how many people there are, for the progress of a search.
    { sid: "PeopleCount", actions: ["dynamodb:DescribeTable"], resources: [registrationsTableArn] },
    {
      sid: "DeadLetters",
      actions: ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Scan"],
      resources: [deadLettersTableArn],
    },
    { sid: "Activity", actions: ["dynamodb:BatchGetItem"], resources: [activityTableArn] },
    ...(mail
      ? [{ sid: "Mails", actions: ["dynamodb:BatchGetItem", "dynamodb:Scan"], resources: [mail.tableArn] }]
      : []),
  ];
}

function mayReadOutcomes({ outcomesTableArn }: PeopleNames): Grant {
  return { sid: "Outcomes", actions: ["dynamodb:Scan"], resources: [outcomesTableArn] };
}

function mayChange(names: PeopleNames): readonly Grant[] {
  const { registrationsTableArn, outcomesTableArn, mail } = names;
  return [
    { sid: "Replay", actions: ["sqs:SendMessage"], resources: [names.queueArn] },
    { sid: "Pace", actions: ["dynamodb:UpdateItem"], resources: [names.activityTableArn] },
    {
      sid: "Records",
      actions: ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
      resources: [names.deadLettersTableArn, names.controlsTableArn],
    },
    // What became of a registration that an admin added.
    { sid: "AddedOutcome", actions: ["dynamodb:GetItem"], resources: [outcomesTableArn] },
    { sid: "Erase", actions: ["dynamodb:PutItem"], resources: [registrationsTableArn, outcomesTableArn] },
    ...(mail ? [{ sid: "EraseMails", actions: ["dynamodb:BatchWriteItem"], resources: [mail.tableArn] }] : []),
  ];
}

/** The audit log only grows: nothing of it can be read, altered or deleted by these. */
function mayLog({ auditLogGroupArn }: PeopleNames): readonly Grant[] {
  return [
    {
      sid: "AuditLog",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [auditLogGroupArn],
      why: "This log group only; each process makes a stream of its own.",
    },
  ];
}

function mayWatchScaling(): readonly Grant[] {
  return [
    {
      sid: "Scaling",
      actions: [
        "autoscaling:DescribePolicies",
        "autoscaling:DescribeScalingActivities",
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:GetMetricData",
      ],
      resources: ["*"],
      why: aboutAll,
    },
  ];
}

function mayDiagnose(names: PeopleNames): readonly Grant[] {
  const { environments, roleArns, mail } = names;
  const ownTables = arn(names, "dynamodb", `table/${names.stackName}-*`);
  const shortNames =
    "All tables of the stack, by the name that CloudFormation gives them, since a policy has to fit; of what is in them nothing is told.";
  return [
    ownStack(names, listsResources),
    {
      sid: "Environments",
      actions: [
        "elasticbeanstalk:DescribeConfigurationSettings",
        "elasticbeanstalk:DescribeEnvironmentHealth",
        "elasticbeanstalk:DescribeEnvironmentResources",
        "elasticbeanstalk:DescribeEnvironments",
      ],
      ...environmentsOf(names),
    },
    mayCountMessages(names),
    { sid: "Tables", actions: ["dynamodb:DescribeTable"], resources: [ownTables], why: shortNames },
    {
      // Whether a table answers, without anything that is in it.
      sid: "TablesAnswer",
      actions: ["dynamodb:GetItem"],
      resources: [ownTables],
      conditions: { [keysAre]: { "dynamodb:LeadingKeys": doctorKey } },
      why: shortNames,
    },
    { sid: "TierRights", actions: ["iam:SimulatePrincipalPolicy"], resources: roleArns },
    { sid: "Site", actions: ["cloudfront:GetDistribution"], resources: [names.distributionArn] },
    {
      sid: "TierLogGroups",
      actions: ["logs:DescribeLogGroups"],
      resources: [arn(names, "logs", "log-group:*")],
      why: "The action lists by a prefix, and is checked against all groups.",
    },
    {
      sid: "TierLogs",
      actions: ["logs:FilterLogEvents"],
      resources: Object.values(environments).map((name) =>
        arn(names, "logs", `log-group:/aws/elasticbeanstalk/${name}/*`),
      ),
      why: "The environments' own groups; Elastic Beanstalk makes one for each log file.",
    },
    {
      sid: "Parts",
      actions: [
        "autoscaling:DescribeAutoScalingGroups",
        "cloudwatch:DescribeAlarms",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
      ],
      resources: ["*"],
      why: aboutAll,
    },
    ...(mail
      ? [
          { sid: "MailAccount", actions: ["ses:GetAccount"], resources: ["*"], why: aboutAll },
          {
            sid: "MailIdentity",
            actions: ["ses:GetEmailIdentity"],
            resources: [arn(names, "ses", "identity/*")],
            why: "The sender's identity may be the address or its domain, and belongs to the account.",
          },
        ]
      : []),
  ];
}

/** `stack verify` registers a made-up person, and erases that person. */
function mayVerify(names: PeopleNames): readonly Grant[] {
  const { registrationsTableArn, deadLettersTableArn, outcomesTableArn, mail } = names;
  return [
    {
      sid: "MadeUpPeople",
      actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
      resources: [registrationsTableArn],
      conditions: { [keysAre]: { "dynamodb:LeadingKeys": madeUpAddresses } },
    },
    { sid: "Outcomes", actions: ["dynamodb:PutItem", "dynamodb:Scan"], resources: [outcomesTableArn] },
    {
      sid: "DeadLetters",
      actions: ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Scan"],
      resources: [deadLettersTableArn],
    },
    {
      sid: "AuditEntries",
      actions: ["dynamodb:PutItem", "dynamodb:UpdateItem"],
      resources: [deadLettersTableArn],
      conditions: { [keysAre]: { "dynamodb:LeadingKeys": "log#*" } },
    },
    ...(mail
      ? [
          {
            sid: "Mails",
            actions: ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"],
            resources: [mail.tableArn],
          },
        ]
      : []),
    ...mayLog(names),
  ];
}

/** `stress` audits what it registered, which reads all registrations: in a test stage only. */
function mayLoad(names: PeopleNames): readonly Grant[] {
  const { mail } = names;
  const isBound = { StringEquals: { "ssm:resourceTag/turnout:stack": names.stackName } };
  return [
    { sid: "Activity", actions: ["dynamodb:BatchGetItem"], resources: [names.activityTableArn] },
    ...(names.isTest
      ? [
          {
            sid: "AuditLoads",
            actions: ["dynamodb:Scan"],
            resources: [names.registrationsTableArn, ...(mail ? [mail.tableArn] : [])],
          },
        ]
      : []),
    ...(names.instanceAccess
      ? [
          {
            sid: "BurnInstances",
            actions: ["ssm:SendCommand"],
            resources: [`arn:${names.partition}:ec2:${names.region}:${names.account}:instance/*`],
            conditions: isBound,
            why: "Instances come and go; the condition names those of this stack.",
          },
          {
            sid: "BurnScript",
            actions: ["ssm:SendCommand"],
            resources: [`arn:${names.partition}:ssm:${names.region}::document/AWS-RunShellScript`],
          },
          {
            sid: "BurnProgress",
            actions: ["ssm:CancelCommand", "ssm:DescribeInstanceInformation", "ssm:ListCommandInvocations"],
            resources: ["*"],
            why: "AWS lets no resource be named for these actions.",
          },
        ]
      : []),
  ];
}
