/**
 * The tiers' AWS permissions as data: `infra/` grants them, `turnout doctor` checks them. `code` is what the tier's
 * source calls, which a test verifies both ways; `platform` is what Elastic Beanstalk needs on the instance. AWS's
 * managed policies are not used: they allow every queue of the account.
 */

export interface Grant {
  /** Statement name used by the runbook and `turnout doctor`. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  /** Why its resources cannot be narrower; required with a `*`. */
  readonly why?: string;
}

export interface TierGrants {
  readonly code: readonly Grant[];
  readonly platform: readonly Grant[];
}

/** The names of what mail needs. */
export interface MailNames {
  readonly queueArn: string;
  readonly tableArn: string;
  readonly configurationSetArn: string;
  /** The address of the sender, without a name. */
  readonly senderAddress: string;
}

/** The names of a deployment's parts. */
export interface DeploymentNames {
  /** `aws`, or another partition such as China. */
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly queueArn: string;
  readonly deadLetterQueueArn: string;
  readonly registrationsTableArn: string;
  readonly deadLettersTableArn: string;
  readonly outcomesTableArn: string;
  readonly activityTableArn: string;
  readonly controlsTableArn: string;
  /** Name of the Elastic Beanstalk application. */
  readonly applicationName: string;
  readonly receiptKeysArn: string;
  /** Undefined where there is no mail. */
  readonly mail?: MailNames | undefined;
}

export const tiers = ["web", "worker"] as const;
export type TierName = (typeof tiers)[number];

/** The construct that grants each tier's permissions. */
export const constructOfRole: Readonly<Record<TierName, string>> = { web: "Roles/WebRole", worker: "Roles/WorkerRole" };

/** CloudWatch namespace of the tiers' own metrics. */
export const figuresNamespace = "Turnout";
/** CloudWatch namespace of the worker's Elastic Beanstalk daemon. */
export const daemonNamespace = "ElasticBeanstalk/SQSD";

const namedByBeanstalk =
  "Elastic Beanstalk chooses the rest of the name when it makes the environment, after this role.";

/** @param names plain, or as CDK tokens */
export function grantsOf(tier: TierName, names: DeploymentNames): TierGrants {
  return tier === "web"
    ? { code: webCode(names), platform: webPlatform(names) }
    : { code: workerCode(names), platform: workerPlatform(names) };
}

function webCode(names: DeploymentNames): readonly Grant[] {
  return [
    { sid: "Accept", actions: ["sqs:SendMessage", "sqs:GetQueueAttributes"], resources: [names.queueArn] },
    {
      sid: "Status",
      actions: ["dynamodb:BatchGetItem"],
      resources: [names.registrationsTableArn, names.outcomesTableArn, names.deadLettersTableArn],
    },
    { sid: "Controls", actions: ["dynamodb:GetItem"], resources: [names.controlsTableArn] },
    ...(names.mail ? [{ sid: "AskForMail", actions: ["sqs:SendMessage"], resources: [names.mail.queueArn] }] : []),
    mayShareActivity(names),
    mayPublish("Figures", figuresNamespace),
  ];
}

function workerCode(names: DeploymentNames): readonly Grant[] {
  return [
    {
      sid: "Drain",
      actions: [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",
      ],
      resources: [names.queueArn, names.deadLetterQueueArn],
    },
    {
      sid: "Store",
      actions: [
        "dynamodb:PartiQLInsert",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:BatchGetItem",
        "dynamodb:DescribeTable",
      ],
      resources: [names.registrationsTableArn],
    },
    // For removing expired answers.
    { sid: "Expire", actions: ["dynamodb:Scan"], resources: [names.registrationsTableArn] },
    // Put and update are conditional: a withdrawal takes the place of an outcome, nothing else does.
    {
      sid: "Outcomes",
      actions: ["dynamodb:PartiQLInsert", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"],
      resources: [names.outcomesTableArn],
    },
    {
      sid: "Record",
      actions: [
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Scan",
      ],
      resources: [names.deadLettersTableArn],
    },
    ...(names.mail ? mayMail(names, names.mail) : []),
    mayShareActivity(names),
    mayPublish("Figures", figuresNamespace),
  ];
}

/**
 * SES checks a call of its second API by that call's own action and by the first API's as well: SendBulkEmail is checked
 * as SendBulkTemplatedEmail too.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
 */
function mayMail(names: DeploymentNames, mail: MailNames): readonly Grant[] {
  return [
    {
      sid: "MailQueue",
      actions: [
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
      ],
      resources: [mail.queueArn],
    },
    {
      sid: "Mails",
      actions: [
        "dynamodb:PartiQLInsert",
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
      ],
      resources: [mail.tableArn],
    },
    {
      sid: "Mail",
      actions: ["ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"],
      resources: [arn(names, "ses", "identity/*"), mail.configurationSetArn],
      conditions: { StringEquals: { "ses:FromAddress": mail.senderAddress } },
      why: "SES checks the most specific identity of the sender, and in the sandbox the recipients' as well; the condition names the only sender.",
    },
    {
      sid: "MailRate",
      actions: ["ses:GetAccount"],
      resources: ["*"],
      why: "SES lets no resource be named for the account's own quota; the action only reads.",
    },
  ];
}

/** Each process writes its own activity and reads all. */
function mayShareActivity({ activityTableArn }: DeploymentNames): Grant {
  return {
    sid: "Activity",
    actions: ["dynamodb:UpdateItem", "dynamodb:BatchGetItem"],
    resources: [activityTableArn],
  };
}

function webPlatform(names: DeploymentNames): readonly Grant[] {
  return [...instancePlatform(names), maySealReceipts(names)];
}

function maySealReceipts({ receiptKeysArn }: DeploymentNames): Grant {
  return { sid: "Secrets", actions: ["secretsmanager:GetSecretValue"], resources: [receiptKeysArn] };
}

/** The daemon has its own queue, for the posts of cron.yaml, and a table to elect the poster. */
function workerPlatform(names: DeploymentNames): readonly Grant[] {
  return [
    ...instancePlatform(names),
    // Links in mails are receipts.
    ...(names.mail ? [maySealReceipts(names)] : []),
    {
      sid: "DaemonQueue",
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:SendMessage"],
      resources: [arn(names, "sqs", "awseb-e-*")],
      why: namedByBeanstalk,
    },
    {
      sid: "DaemonLeader",
      actions: [
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
      ],
      resources: [arn(names, "dynamodb", "table/awseb-e-*-stack-AWSEBWorkerCronLeaderRegistry*")],
      why: namedByBeanstalk,
    },
    mayPublish("DaemonHealth", daemonNamespace),
  ];
}

/** What every Elastic Beanstalk instance needs: its bundle, log storage, health reports. */
function instancePlatform(names: DeploymentNames): readonly Grant[] {
  const { partition, region, account, applicationName } = names;
  return [
    {
      sid: "BundleAndLogs",
      actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
      resources: [`arn:${partition}:s3:::elasticbeanstalk-${region}-${account}/resources/environments/*`],
      why: "Elastic Beanstalk's own bucket, below its own folder; the environments' ids in it are not known before.",
    },
    {
      // At boot an instance lists the versions that it may get.
      sid: "BundleList",
      actions: ["s3:ListBucket"],
      resources: [`arn:${partition}:s3:::elasticbeanstalk-${region}-${account}`],
      conditions: { StringLike: { "s3:prefix": "resources/environments/*" } },
    },
    {
      sid: "Health",
      actions: ["elasticbeanstalk:PutInstanceStatistics"],
      resources: [
        arn(names, "elasticbeanstalk", `application/${applicationName}`),
        arn(names, "elasticbeanstalk", `environment/${applicationName}/*`),
      ],
      why: "This application only; its environments are named when they are made, after this role.",
    },
    {
      sid: "LogStreams",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:DescribeLogGroups"],
      resources: [arn(names, "logs", "log-group:/aws/elasticbeanstalk/*")],
      why: namedByBeanstalk,
    },
  ];
}

/**
 * For people on an instance: what Systems Manager's agent, which the platform's image brings, needs for Session Manager
 * and Run Command. Granted only where the setting `instanceAccess` says so.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
 */
export const accessGrants: readonly Grant[] = [
  {
    sid: "InstanceAccess",
    actions: [
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
      // Run Command of agents that do not use the channels for it yet.
      "ec2messages:AcknowledgeMessage",
      "ec2messages:DeleteMessage",
      "ec2messages:FailMessage",
      "ec2messages:GetEndpoint",
      "ec2messages:GetMessages",
      "ec2messages:SendReply",
    ],
    resources: ["*"],
    why: "AWS lets no resource be named for the agent's channels; who may open a session is decided by the caller's rights.",
  },
];

function mayPublish(sid: string, namespace: string): Grant {
  return {
    sid,
    actions: ["cloudwatch:PutMetricData"],
    resources: ["*"],
    conditions: { StringEquals: { "cloudwatch:namespace": namespace } },
    why: "CloudWatch has no resource to name here; the condition names the only namespace that may be written.",
  };
}

function arn({ partition, region, account }: DeploymentNames, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}
