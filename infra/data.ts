/**
 * What holds registrations: the queue that accepts them, the table that keeps them, what became of the others, and what
 * becomes of those that cannot be kept. In production all of it outlives the stack, in a test it goes with it; the activity
 * of the tiers, which nobody misses, always goes.
 */
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { StackConfig } from "./config.ts";

/**
 * How the worker treats the queue, handed to both: the queue's own attributes and the worker's environment. They agree
 * with the defaults in `worker/config.ts`; a test holds the two together.
 */
export const queueTimes = {
  visibilityTimeoutSeconds: 30,
  receiveWaitSeconds: 10,
  /** The longest that SQS keeps a message. */
  retentionSeconds: 1_209_600,
  /**
   * Receives after which SQS gives a message up. Only a message that kills its worker gets there: whatever the worker
   * can judge it dead-letters itself, and while AWS itself fails it does not receive.
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
      // An on-demand table throttles above twice its previous peak; a rush has no previous peak.
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
      // In the worst rush everybody is a duplicate, and every one of them has an outcome.
      warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: config.tableWarmWritesPerSecond },
    });
    // Figures of the last hours, which the tiers write anew as they go: there is nothing to protect or to keep.
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
