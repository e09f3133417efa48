/** What a tier starts and stops around its own parts: the metrics that AWS keeps, its clients, and its activity. */
import { randomBytes } from "node:crypto";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { ProcessFigures } from "../activity/bucket.ts";
import { createActivityRecorder } from "../activity/recorder.ts";
import { createCloudWatchPublisher } from "../aws/cloudwatch-publisher.ts";
import { constructOfRole, type TierName } from "../aws/tier-grants.ts";
import { createLifecycle, type Lifecycle, type Part } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";
import type { Tracing } from "../tracing/tracing.ts";

export interface TierLifecycleOptions {
  readonly tier: TierName;
  readonly config: {
    readonly AWS_REGION: string;
    readonly ACTIVITY_TABLE: string;
    readonly CLOUDWATCH_STACK?: string | undefined;
    readonly STOP_DEADLINE_SECONDS: number;
  };
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** @returns the totals since the start, and what is held now; missing ones are 0 */
  readonly readActivity: () => ProcessFigures | Promise<ProcessFigures>;
}

/** @param own the tier's parts in the order in which they start; they stop the other way round, before what is around them */
export function createTierLifecycle(options: TierLifecycleOptions, own: readonly Part[]): Lifecycle {
  const { tier, config, sqs, documents, registry, logger, tracing, readActivity } = options;
  const construct = constructOfRole[tier];
  return createLifecycle(
    [
      // First to start and last to stop, so that what the others finish while they stop still counts.
      createCloudWatchPublisher({
        stack: config.CLOUDWATCH_STACK,
        region: config.AWS_REGION,
        registry,
        logger,
        construct,
        wallClock: Date.now,
        random: Math.random,
      }),
      ...(tracing ? [tracing.part] : []),
      {
        name: "clients",
        stop: () => {
          sqs.destroy();
          documents.destroy();
        },
      },
      createActivityRecorder({
        documents,
        table: config.ACTIVITY_TABLE,
        processId: randomBytes(6).toString("base64url"),
        read: readActivity,
        logger,
        construct,
        wallClock: Date.now,
        random: Math.random,
      }),
      ...own,
    ],
    { deadlineSeconds: config.STOP_DEADLINE_SECONDS, logger },
  );
}
