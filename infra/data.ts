/**
 * The queues and tables. In production they outlive the stack, in tests they are deleted with it; the activity table is
 * always deleted. Those of mail: `mail.ts`.
 */
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { StackConfig } from "./config.ts";

/**
 * Queue settings used for both the queue's attributes and the worker's environment. A test compares them with the
 * defaults in `worker/config.ts`.
 */
export const queueTimes = {
  visibilityTimeoutSeconds: 30,
  receiveWaitSeconds: 10,
  /** SQS's longest retention. */
  retentionSeconds: 1_209_600,
  /**
   * Receives after which SQS dead-letters a message. Only crash loops reach it: the worker dead-letters the rest
   * itself, and does not receive while AWS fails.
   */
  maxReceives: 10,
} as const;

/** Whether tables and queues with people in them outlive the stack. */
function removalPolicyOf({ stage }: StackConfig): RemovalPolicy {
  return stage === "production" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}

/** What all tables that are kept have in common. */
export function keptTableProps(config: StackConfig) {
  return {
    encryption: TableEncryptionV2.dynamoOwnedKey(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: config.stage === "production",
    removalPolicy: removalPolicyOf(config),
  };
}

/** What all queues have in common. */
export function queueProps(config: StackConfig) {
  return {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.seconds(queueTimes.retentionSeconds),
    visibilityTimeout: Duration.seconds(queueTimes.visibilityTimeoutSeconds),
    receiveMessageWaitTime: Duration.seconds(queueTimes.receiveWaitSeconds),
    removalPolicy: removalPolicyOf(config),
  };
}

export class Data extends Construct {
  readonly registrations: TableV2;
  readonly deadLetters: TableV2;
  readonly outcomes: TableV2;
  readonly activity: TableV2;
  readonly controls: TableV2;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, config: StackConfig) {
    super(scope, id);
    const tableProps = keptTableProps(config);

    this.registrations = new TableV2(this, "Registrations", {
      ...tableProps,
      partitionKey: { name: "email", type: AttributeType.STRING },
      timeToLiveAttribute: "expiresAt",
      billing: Billing.onDemand(
        config.tableMaxWritesPerSecond === undefined ? {} : { maxWriteRequestUnits: config.tableMaxWritesPerSecond },
      ),
      // An on-demand table throttles above twice its previous peak, and a rush has none.
      warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: config.tableWarmWritesPerSecond },
    });
    this.deadLetters = new TableV2(this, "DeadLetters", {
      ...tableProps,
      partitionKey: { name: "id", type: AttributeType.STRING },
      billing: Billing.onDemand(),
    });
    this.outcomes = new TableV2(this, "Outcomes", {
      ...tableProps,
      partitionKey: { name: "id", type: AttributeType.STRING },
      timeToLiveAttribute: "expiresAt",
      billing: Billing.onDemand(),
      // In the worst rush all are duplicates, and each has an outcome.
      warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: config.tableWarmWritesPerSecond },
    });
    // Recent activity, continually rewritten by the tiers: nothing to protect or keep.
    this.activity = new TableV2(this, "Activity", {
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      partitionKey: { name: "bucket", type: AttributeType.STRING },
      timeToLiveAttribute: "expiresAt",
      billing: Billing.onDemand(),
      removalPolicy: RemovalPolicy.DESTROY,
    });

    // What people have ordered while the tiers run: whether registrations are accepted, and runs of replays.
    this.controls = new TableV2(this, "Controls", {
      ...tableProps,
      partitionKey: { name: "id", type: AttributeType.STRING },
      timeToLiveAttribute: "expiresAt",
      billing: Billing.onDemand(),
    });

    this.deadLetterQueue = new Queue(this, "DeadLetterQueue", queueProps(config));
    this.queue = new Queue(this, "Queue", {
      ...queueProps(config),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: queueTimes.maxReceives },
    });
  }
}
