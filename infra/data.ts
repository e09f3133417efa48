/**
 * The queues and tables. In production they outlive the stack, in tests they are deleted with it; the activity table is
 * always deleted.
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

export class Data extends Construct {
  readonly registrations: TableV2;
  readonly deadLetters: TableV2;
  readonly outcomes: TableV2;
  readonly activity: TableV2;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, config: StackConfig) {
    super(scope, id);
    const production = config.stage === "production";
    const removalPolicy = production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const tableProps = {
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: production,
      removalPolicy,
    };

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

    const queueProps = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.seconds(queueTimes.retentionSeconds),
      visibilityTimeout: Duration.seconds(queueTimes.visibilityTimeoutSeconds),
      receiveMessageWaitTime: Duration.seconds(queueTimes.receiveWaitSeconds),
      removalPolicy,
    };
    this.deadLetterQueue = new Queue(this, "DeadLetterQueue", queueProps);
    this.queue = new Queue(this, "Queue", {
      ...queueProps,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: queueTimes.maxReceives },
    });
  }
}
