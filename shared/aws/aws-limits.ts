/**
 * The AWS limits this design depends on, each with unit and source. Limits that Turnout chooses within them stand with
 * the part that uses them.
 */

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const sqsLimits = {
  /** Per message, body and attributes, and per batch in total. */
  maxMessageBytes: 1_048_576,
  /** Requests are billed per started unit of this size (https://aws.amazon.com/sqs/pricing/). */
  billingUnitBytes: 65_536,
  maxBatchEntries: 10,
  maxReceiveWaitSeconds: 20,
  maxVisibilityTimeoutSeconds: 43_200,
  maxRetentionSeconds: 1_209_600,
} as const;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
export const dynamoDbLimits = {
  /** Statements in one BatchExecuteStatement (…/APIReference/API_BatchExecuteStatement.html). */
  maxBatchStatements: 25,
  /** Keys in one BatchGetItem (…/APIReference/API_BatchGetItem.html). */
  maxBatchGetKeys: 100,
  maxItemBytes: 409_600,
  /** Length of one PartiQL statement, in characters. */
  maxStatementCharacters: 8_192,
  /** The positive number closest to 0 (…/developerguide/Constraints.html). */
  smallestNumber: 1e-130,
} as const;

/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html */
export const sesLimits = {
  /** Entries in one SendBulkEmail (https://docs.aws.amazon.com/ses/latest/dg/quotas.html). */
  maxBulkEntries: 50,
  /** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html, in characters. */
  maxHeaderNameCharacters: 126,
  maxHeaderValueCharacters: 995,
} as const;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
export const cloudWatchLimits = {
  /** Values in one PutMetricData. */
  maxDataOfCall: 1_000,
} as const;
