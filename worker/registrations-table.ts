/**
 * The registrations table as the worker uses it: up to 25 conditional inserts in one call, each with its own outcome.
 *
 * `BatchWriteItem` cannot be conditional: a late duplicate would overwrite the first registration. A PartiQL `INSERT`
 * fails by itself with `DuplicateItem` when the address is known, at the same cost; see docs/decisions/0002.
 */
import { BatchExecuteStatementCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { kindOf } from "../shared/aws-fault.ts";
import type { DeadLetterReason } from "../shared/dead-letter.ts";
import { withoutAddresses } from "../shared/logger.ts";
import type { Registration } from "../shared/registration.ts";
import { describeSystemFault, type Operation, type SystemFault } from "../shared/system-fault.ts";

export type InsertOutcome =
  /** It is in the table, by this call or an earlier delivery of the same registration. */
  | { readonly kind: "stored"; readonly fresh: boolean }
  /** Another registration of the address was first; this one counts for nothing. */
  | { readonly kind: "duplicate" }
  /** The table has no room at this moment. */
  | { readonly kind: "throttled" }
  /** Unknown or passing: worth another try. */
  | { readonly kind: "failed" }
  /** The table will never take this registration. */
  | { readonly kind: "rejected"; readonly reason: DeadLetterReason; readonly detail: string }
  /** Nothing can be stored at all until somebody mends it. */
  | { readonly kind: "system"; readonly fault: SystemFault };

export interface RegistrationsTable {
  /**
   * @param registrations 1 to 25, no two of the same address (DynamoDB refuses the whole call otherwise)
   * @returns an outcome for each, in order; never rejects
   */
  insert(registrations: readonly Registration[]): Promise<InsertOutcome[]>;
}

export interface RegistrationsTableOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Days after which DynamoDB removes an item by its `expiresAt`. Default: never. */
  readonly retentionDays?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Told of each call: how many statements it carried and how many attempts the SDK made for it. */
  readonly onCall: (statements: number, attempts: number) => void;
}

const attributes = ["email", "registrationId", "name", "answers", "submittedAt", "storedAt"];
const secondsPerDay = 86_400;
const wrongTable = /missing the key|type mismatch for key|does not match the schema/i;

function answerAttributes(answers: Registration["answers"]): Record<string, AttributeValue> {
  const map: Record<string, AttributeValue> = {};
  for (const [field, answer] of Object.entries(answers)) {
    if (typeof answer === "string") map[field] = { S: answer };
    else map[field] = typeof answer === "number" ? { N: String(answer) } : { BOOL: answer };
  }
  return map;
}

export function createRegistrationsTable(options: RegistrationsTableOptions): RegistrationsTable {
  const { documents, tableName, retentionDays, wallClock, onCall } = options;
  const written = retentionDays === undefined ? attributes : [...attributes, "expiresAt"];
  const placeholders = written.map((name) => `'${name}': ?`).join(", ");
  const statement = `INSERT INTO "${tableName}" VALUE {${placeholders}}`;
  const construct = "Roles/WorkerRole";
  const insertion: Operation = { action: "dynamodb:PartiQLInsert", resource: tableName, construct };
  const lookUp: Operation = { action: "dynamodb:BatchGetItem", resource: tableName, construct };

  /** In the table's own form: the document client would find it out for every value of every registration. */
  function parameters({ email, id, name, answers, submittedAt }: Registration): AttributeValue[] {
    const storedAt = wallClock();
    const values: AttributeValue[] = [
      { S: email },
      { S: id },
      { S: name },
      { M: answerAttributes(answers) },
      { S: submittedAt },
      { S: new Date(storedAt).toISOString() },
    ];
    if (retentionDays !== undefined) {
      values.push({ N: String(Math.floor(storedAt / 1_000) + retentionDays * secondsPerDay) });
    }
    return values;
  }

  function ofThrown(error: unknown, operation: Operation): InsertOutcome {
    const kind = kindOf(error);
    return kind === "throttled"
      ? { kind: "throttled" }
      : { kind: "system", fault: describeSystemFault(kind, operation, error) };
  }

  function ofStatement(code: string, message: string): InsertOutcome {
    switch (code) {
      case "InternalServerError":
      case "TransactionConflict":
        return { kind: "failed" };
      case "ValidationError":
      case "ItemCollectionSizeLimitExceeded":
      case "ConditionalCheckFailed":
        // The table has another key, so nobody fits into it: not the fault of whoever was refused first.
        if (wrongTable.test(message)) {
          return { kind: "system", fault: describeSystemFault("refused", insertion, `${code}: ${message}`) };
        }
        return {
          kind: "rejected",
          reason: /size/i.test(message) ? "item-too-large" : "rejected-by-table",
          detail: withoutAddresses(`${code}: ${message}`),
        };
      default: {
        const kind = kindOf(code);
        if (kind === "throttled") return { kind };
        return { kind: "system", fault: describeSystemFault(kind, insertion, `${code}: ${message}`) };
      }
    }
  }

  /** Which of these addresses are registered, by which registration. Eventually consistent would be too late here. */
  async function registrationIds(emails: readonly string[]): Promise<Map<string, string>> {
    const { Responses } = await documents.send(
      new BatchGetCommand({
        RequestItems: {
          [tableName]: {
            Keys: emails.map((email) => ({ email })),
            ProjectionExpression: "email, registrationId",
            ConsistentRead: true,
          },
        },
      }),
    );
    const items = (Responses?.[tableName] ?? []) as { email: string; registrationId: string }[];
    return new Map(items.map((item) => [item.email, item.registrationId]));
  }

  /** The engine does not hand back the item that was in the way, so it is looked up. */
  async function settleKnown(known: readonly [number, Registration][], outcomes: InsertOutcome[]): Promise<void> {
    try {
      const ids = await registrationIds(known.map(([, registration]) => registration.email));
      for (const [index, { email, id }] of known) {
        const stored = ids.get(email);
        // Not found: BatchGetItem left it unprocessed, or it was erased since. Another try tells.
        if (stored === undefined) outcomes[index] = { kind: "failed" };
        else outcomes[index] = stored === id ? { kind: "stored", fresh: false } : { kind: "duplicate" };
      }
    } catch (error) {
      const outcome = ofThrown(error, lookUp);
      for (const [index] of known) outcomes[index] = outcome;
    }
  }

  async function insert(registrations: readonly Registration[]): Promise<InsertOutcome[]> {
    try {
      const { Responses = [], $metadata } = await documents.send(
        new BatchExecuteStatementCommand({
          Statements: registrations.map((registration) => ({
            Statement: statement,
            Parameters: parameters(registration),
          })),
        }),
      );
      onCall(registrations.length, $metadata.attempts ?? 1);
      const known: [number, Registration][] = [];
      const outcomes = registrations.map((registration, index): InsertOutcome => {
        const response = Responses[index];
        if (!response) return { kind: "failed" };
        const { Code, Message } = response.Error ?? {};
        if (Code === undefined) return { kind: "stored", fresh: true };
        if (Code === "DuplicateItem") known.push([index, registration]);
        return Code === "DuplicateItem" ? { kind: "failed" } : ofStatement(Code, Message ?? "");
      });
      if (known.length > 0) await settleKnown(known, outcomes);
      return outcomes;
    } catch (error) {
      onCall(registrations.length, (error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1);
      if ((error as Error).name === "ValidationException") return insertOneByOne(registrations, error as Error);
      const outcome = ofThrown(error, insertion);
      return registrations.map(() => outcome);
    }
  }

  /** One registration spoiled the whole call: alone, each gets its own outcome. */
  async function insertOneByOne(registrations: readonly Registration[], error: Error): Promise<InsertOutcome[]> {
    if (registrations.length === 1) return [ofStatement("ValidationError", error.message)];
    const outcomes = await Promise.all(registrations.map((registration) => insert([registration])));
    return outcomes.flat();
  }

  return { insert };
}
