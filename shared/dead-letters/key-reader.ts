/**
 * Reads items of a table by their keys. What DynamoDB leaves unprocessed is asked for again, by itself, a limited number of
 * times and only until the caller wants to stop.
 */
import { setTimeout as delay } from "node:timers/promises";
import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** Without any progress; what comes in pieces may take longer. */
const maxTries = 8;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

function notServed(tableName: string, keys: number): Error {
  return Object.assign(
    new Error(`DynamoDB left ${keys} keys of ${tableName} unprocessed ${maxTries} times: it is throttled.`),
    { name: "ProvisionedThroughputExceededException" },
  );
}

/**
 * @returns reads up to 100 different ids, consistently, in no order; those that do not exist are left out. Throws what the
 *   signal was aborted with, the SDK's error, and one as for a throttled table when keys are left unprocessed for long.
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
