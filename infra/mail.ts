/**
 * What mail needs, made only where `mailFrom` is set: the mail queue with its dead letters, the mails table, the
 * configuration set, and the identity where the stack is to make it. What counts as a mail: `shared/mail/mail-pack.ts`.
 */
import { Stack } from "aws-cdk-lib";
import { AttributeType, Billing, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { ConfigurationSet, EmailIdentity, Identity, SuppressionReasons } from "aws-cdk-lib/aws-ses";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { MailNames } from "../shared/aws/tier-grants.ts";
import type { StackConfig } from "./config.ts";
import { keptTableProps, queueProps, queueTimes } from "./data.ts";
import { senderOf, type Sender } from "./mail-settings.ts";

export class Mail extends Construct {
  readonly sender: Sender;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  /** What was sent to whom, under keys without addresses. */
  readonly mails: TableV2;
  readonly configurationSet: ConfigurationSet;

  constructor(scope: Construct, id: string, config: StackConfig, sender: Sender) {
    super(scope, id);
    this.sender = sender;
    this.deadLetterQueue = new Queue(this, "DeadLetterQueue", queueProps(config));
    this.queue = new Queue(this, "Queue", {
      ...queueProps(config),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: queueTimes.maxReceives },
    });
    this.mails = new TableV2(this, "Mails", {
      ...keptTableProps(config),
      partitionKey: { name: "id", type: AttributeType.STRING },
      timeToLiveAttribute: "expiresAt",
      billing: Billing.onDemand(),
    });
    // Whoever bounced or complained gets no more mail of the account, whatever its own settings are.
    this.configurationSet = new ConfigurationSet(this, "ConfigurationSet", {
      reputationMetrics: true,
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    });
    if (sender.isManaged) {
      const { identity } = sender;
      new EmailIdentity(this, "Identity", {
        identity: identity.includes("@") ? Identity.email(identity) : Identity.domain(identity),
      });
    }
  }

  /** The names that the tiers' rights are about. */
  get names(): MailNames {
    const { partition, region, account } = Stack.of(this);
    return {
      queueArn: this.queue.queueArn,
      tableArn: this.mails.tableArn,
      configurationSetArn: `arn:${partition}:ses:${region}:${account}:configuration-set/${this.configurationSet.configurationSetName}`,
      senderAddress: this.sender.address,
    };
  }
}

/** @returns undefined where there is no mail */
export function addMail(scope: Construct, config: StackConfig): Mail | undefined {
  const sender = senderOf(config);
  return sender && new Mail(scope, "Mail", config, sender);
}
