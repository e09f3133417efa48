/**
 * What each tier may do on AWS, as data: `infra/` grants it, `turnout doctor` asks AWS whether it still holds. `code` is
 * what the tier's own source calls: a test reads the source and holds the two together, both ways. `platform` is what
 * Elastic Beanstalk runs on the same instance. AWS's ready-made policies for the tiers are not used: they allow every
 * queue of the account.
 */

export interface Grant {
  /** Name of the statement, by which the runbook and `turnout doctor` speak of it. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Why its resources cannot be named more closely: needed where one holds a `*`. */
  readonly why?: string;
}

export interface TierGrants {
  readonly code: readonly Grant[];
  readonly platform: readonly Grant[];
}

/** A deployment by the names of its parts. */
export interface DeploymentNames {
  /** `aws`, but for China and the like. */
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly queueArn: string;
  readonly deadLetterQueueArn: string;
  readonly registrationsTableArn: string;
  readonly deadLettersTableArn: string;
  readonly outcomesTableArn: string;
  readonly activityTableArn: string;
  /** Name of the Elastic Beanstalk application. */
  readonly applicationName: string;
  readonly receiptKeysArn: string;
}

export const tiers = ["web", "worker"] as const;
export type TierName = (typeof tiers)[number];

/** The construct of the stack that grants each tier its rights. */
export const constructOfRole: Readonly<Record<TierName, string>> = { web: "Roles/WebRole", worker: "Roles/WorkerRole" };

/** Namespace in CloudWatch of the figures that the tiers publish themselves. */
export const figuresNamespace = "Turnout";
/** Namespace in which Elastic Beanstalk's daemon on the worker tier reports its own health. */
export const daemonNamespace = "ElasticBeanstalk/SQSD";

const namedByBeanstalk =
  "Elastic Beanstalk chooses the rest of the name when it makes the environment, after this role.";

/** @param names as they are, or as CDK's tokens for them */
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
      actions: ["dynamodb:PartiQLInsert", "dynamodb:PutItem", "dynamodb:BatchGetItem", "dynamodb:DescribeTable"],
      resources: [names.registrationsTableArn],
    },
    // No put and no update: an outcome is never overwritten.
    {
      sid: "Outcomes",
      actions: ["dynamodb:PartiQLInsert", "dynamodb:BatchGetItem"],
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
    mayShareActivity(names),
    mayPublish("Figures", figuresNamespace),
  ];
}

/** Each process writes what it did, and reads what all of them did. */
function mayShareActivity({ activityTableArn }: DeploymentNames): Grant {
  return {
    sid: "Activity",
    actions: ["dynamodb:UpdateItem", "dynamodb:BatchGetItem"],
    resources: [activityTableArn],
  };
}

function webPlatform(names: DeploymentNames): readonly Grant[] {
  return [
    ...instancePlatform(names),
    { sid: "Secrets", actions: ["secretsmanager:GetSecretValue"], resources: [names.receiptKeysArn] },
  ];
}

/** The daemon has a queue of its own, which only carries the posts of cron.yaml, and a table to elect who posts them. */
function workerPlatform(names: DeploymentNames): readonly Grant[] {
  return [
    ...instancePlatform(names),
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

/** What every instance of Elastic Beanstalk needs: its bundle, a place for its logs, a voice for its health. */
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
