/** Reads items by key and retries unprocessed keys, a limited number of times and until aborted. */
import { setTimeout as delay } from "node:timers/promises";
import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbLimits } from "../aws/aws-limits.ts";

/** Rounds without any progress; partial progress may take longer. */
const maxTries = 8;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

function notServed(tableName: string, keys: number): Error {
  return Object.assign(
    new Error(`DynamoDB left ${keys} keys of ${tableName} unprocessed ${maxTries} times: it is throttled.`),
    { name: "ProvisionedThroughputExceededException" },
  );
}

/** Works on as many ids as one read takes, and on at most `width` such batches at once. */
export async function inBatches(
  ids: readonly string[],
  width: number,
  work: (batch: readonly string[]) => Promise<void>,
): Promise<void> {
  const size = dynamoDbLimits.maxBatchGetKeys;
  const starts = Array.from({ length: Math.ceil(ids.length / size) }, (_, index) => index * size);
  await Promise.all(
    Array.from({ length: Math.min(width, starts.length) }, async () => {
      for (let start = starts.pop(); start !== undefined; start = starts.pop()) {
        await work(ids.slice(start, start + size));
      }
    }),
  );
}

/**
 * @returns a function that reads up to 100 different ids, consistently and unordered, omitting missing ones. It throws
 *   the signal's reason, the SDK's error, or a throttling error when keys stay unprocessed.
 */
export function createKeyReader(documents: DynamoDBDocumentClient, tableName: string) {
  return async function readByIds(
    ids: readonly string[],
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<Record<string, unknown>[]> {
    const names = Object.fromEntries(attributes.map((name, index) => [`#${index}`, name]));
    const found: Record<string, unknown>[] = [];
    let keys: Record<string, unknown>[] = ids.map((id) => ({ id }));
    for (let tries = 0; keys.length > 0;) {
      signal.throwIfAborted();
      const { Responses, UnprocessedKeys } = await documents.send(
        new BatchGetCommand({
          RequestItems: {
            [tableName]: {
              Keys: keys,
              ConsistentRead: true,
              ProjectionExpression: Object.keys(names).join(", "),
              ExpressionAttributeNames: names,
            },
          },
        }),
        { abortSignal: signal },
      );
      found.push(...(Responses?.[tableName] ?? []));
      const left = UnprocessedKeys?.[tableName]?.Keys ?? [];
      tries = left.length < keys.length ? 0 : tries + 1;
      if (tries >= maxTries) throw notServed(tableName, left.length);
      keys = left;
      if (keys.length === 0) break;
      await delay(Math.min(longestPauseMs, firstPauseMs * 2 ** tries), undefined, { signal }).catch(() => {});
    }
    return found;
  };
}
