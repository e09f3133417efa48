/**
 * Up to 25 conditional inserts into one table in one call, each with its own result.
 *
 * `BatchWriteItem` cannot be conditional and would overwrite existing items. A PartiQL `INSERT` fails alone with
 * `DuplicateItem` at the same cost; see docs/decisions/0002.
 */
import { BatchExecuteStatementCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { kindOf } from "../shared/aws/aws-error.ts";
import type { DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";
import { withoutAddresses } from "../shared/process/logger.ts";
import type { Transient } from "./batch-writer.ts";
import { describeSystemError, type Operation } from "../shared/process/system-error.ts";

/** The table will never accept this item. */
export interface Rejected {
  readonly kind: "rejected";
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

export type InsertResult =
  | { readonly kind: "inserted" }
  /** The key exists. DynamoDB does not return the existing item. */
  | { readonly kind: "taken" }
  | Rejected
  | Transient;

export interface BatchInsertOptions<Item> {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly construct: string;
  /** Names, in the order of `parameters`. */
  readonly attributes: readonly string[];
  /**
   * As DynamoDB's attribute values: faster than the document client, which inspects every value. Trailing ones are
   * optional.
   */
  readonly parameters: (item: Item) => AttributeValue[];
  /** Additional attributes: statement-safe names, and values in the same order. Default: none. */
  readonly further?: (item: Item) => { readonly names: string[]; readonly values: AttributeValue[] } | undefined;
  /** Called per call with its number of statements and the SDK's attempts. */
  readonly onCall: (statements: number, attempts: number) => void;
}

const inserted: InsertResult = { kind: "inserted" };
const taken: InsertResult = { kind: "taken" };
const failed: InsertResult = { kind: "failed" };
const wrongTable = /missing the key|type mismatch for key|does not match the schema/i;

const secondsPerDay = 86_400;

/**
 * Expiry of an item written now. All tables must use the same, or expiry would tell their items apart.
 * @param now milliseconds since the epoch
 * @returns seconds since the epoch
 */
export function expiryOf(now: number, retentionDays: number): number {
  return Math.floor(now / 1_000) + retentionDays * secondsPerDay;
}

/** @returns what a thrown error means for all items of its call */
export function transientError(error: unknown, operation: Operation): Transient {
  const kind = kindOf(error);
  return kind === "throttled"
    ? { kind: "throttled" }
    : { kind: "system", systemError: describeSystemError(kind, operation, error) };
}

/** @returns what a validation error means for its item */
export function rejection(operation: Operation, code: string, message: string): Rejected | Transient {
  // The table has a different key schema, so no item can fit: a configuration error, not a bad item.
  if (wrongTable.test(message)) {
    return { kind: "system", systemError: describeSystemError("rejected", operation, `${code}: ${message}`) };
  }
  return {
    kind: "rejected",
    reason: /size/i.test(message) ? "item-too-large" : "rejected-by-table",
    detail: withoutAddresses(`${code}: ${message}`),
  };
}

/**
 * @returns the call: takes 1 to 25 items with different keys (DynamoDB otherwise rejects the whole call), gives a
 *   result for each, in order, and never rejects
 */
export function createBatchInsert<Item>(
  options: BatchInsertOptions<Item>,
): (items: readonly Item[]) => Promise<InsertResult[]> {
  const { documents, tableName, construct, attributes, parameters, further, onCall } = options;
  const statementOf = (names: readonly string[]) =>
    `INSERT INTO "${tableName}" VALUE {${names.map((name) => `'${name}': ?`).join(", ")}}`;
  /** By number of parameters. */
  const statements = ["", ...attributes].map((_, count) => statementOf(attributes.slice(0, count)));
  const insertion: Operation = { action: "dynamodb:PartiQLInsert", resource: tableName, construct };

  function insertOf(item: Item) {
    const values = parameters(item);
    const more = further?.(item);
    if (!more) return { Statement: statements[values.length], Parameters: values };
    const names = [...attributes.slice(0, values.length), ...more.names];
    return { Statement: statementOf(names), Parameters: [...values, ...more.values] };
  }

  function ofStatement(code: string, message: string): InsertResult {
    switch (code) {
      case "DuplicateItem":
        return taken;
      case "InternalServerError":
      case "TransactionConflict":
        return failed;
      case "ValidationError":
      case "ItemCollectionSizeLimitExceeded":
      case "ConditionalCheckFailed":
        return rejection(insertion, code, message);
      default: {
        const kind = kindOf(code);
        if (kind === "throttled") return { kind };
        return { kind: "system", systemError: describeSystemError(kind, insertion, `${code}: ${message}`) };
      }
    }
  }

  async function insert(items: readonly Item[]): Promise<InsertResult[]> {
    try {
      const { Responses = [], $metadata } = await documents.send(
        new BatchExecuteStatementCommand({
          Statements: items.map(insertOf),
        }),
      );
      onCall(items.length, $metadata.attempts ?? 1);
      return items.map((_, index) => {
        const response = Responses[index];
        if (!response) return failed;
        const { Code, Message } = response.Error ?? {};
        return Code === undefined ? inserted : ofStatement(Code, Message ?? "");
      });
    } catch (error) {
      onCall(items.length, (error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1);
      if ((error as Error).name === "ValidationException") return insertOneByOne(items, error as Error);
      const result = transientError(error, insertion);
      return items.map(() => result);
    }
  }

  /**
   * One bad item failed the whole call, so each is sent alone. Sequentially, so that one call never becomes 25 at once,
   * and stopping when the table no longer answers.
   */
  async function insertOneByOne(items: readonly Item[], error: Error): Promise<InsertResult[]> {
    if (items.length === 1) return [ofStatement("ValidationError", error.message)];
    const results: InsertResult[] = [];
    for (const item of items) {
      const before = results.at(-1);
      if (before?.kind === "system" || before?.kind === "throttled") results.push(before);
      // oxlint-disable-next-line no-await-in-loop
      else results.push(...(await insert([item])));
    }
    return results;
  }

  return insert;
}
