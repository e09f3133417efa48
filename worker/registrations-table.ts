/**
 * The registrations table as the worker uses it: up to 25 conditional inserts per call, each with its own result.
 *
 * Where the address is taken, the items and possible outcomes are looked up in one call, and `taken-address.ts`
 * decides. A tombstone that has to give way is replaced on the condition that it is unchanged.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, PutCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Outcome } from "../shared/registration/outcome.ts";
import type { Registration } from "../shared/registration/registration.ts";
import type { TombstoneItem } from "../shared/registration/tombstone.ts";
import { optionalAttributes, optionalProperties } from "./optional-attributes.ts";
import { createBatchInsert, expiryOf, transientError, rejection, type Rejected } from "./batch-insert.ts";
import type { Transient } from "./batch-writer.ts";
import type { Operation } from "../shared/process/system-error.ts";
import { decide, type OutcomeVerdict, type StandingItem, type Verdict } from "./taken-address.ts";

/**
 * When the deciding insert was tried: milliseconds since the epoch. Item and outcome are both dated by it, however many
 * calls were needed, so that their times do not reveal whether the address was known
 * (`web/status/registration-status.ts`).
 */
interface Tried {
  readonly triedAt: number;
}

/** For a registration that did not become the item, with what was found under its address. */
export interface NotTheItem extends OutcomeVerdict, Tried {
  readonly item: StandingItem | undefined;
}

/** The final result of one registration. */
export type StoreResult =
  /** It is the item. `fresh`: by this call; otherwise by an earlier delivery. */
  ({ readonly kind: "stored"; readonly fresh: boolean } & Tried) | NotTheItem | Rejected;

export interface RegistrationsTable {
  /**
   * @param registrations 1 to 25 with different addresses (DynamoDB otherwise rejects the whole call)
   * @returns a result for each, in order; never rejects
   */
  insert(registrations: readonly Registration[]): Promise<(StoreResult | Transient)[]>;
  /**
   * @param first that was in a call; @param result of it
   * @returns what that means for a later one of the same address; undefined when it needs its own call
   */
  follow(first: Registration, result: StoreResult, later: Registration): StoreResult | undefined;
}

export interface RegistrationsTableOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly outcomesTableName: string;
  /** Days until DynamoDB removes an item by its `expiresAt`. Default: never. */
  readonly retentionDays?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Called per insert call with its number of statements and the SDK's attempts. */
  readonly onCall: (statements: number, attempts: number) => void;
}

interface Insertion {
  readonly registration: Registration;
  /** `storedAt` and, with a retention, `expiresAt`: the same of all that a call inserts. */
  readonly times: readonly AttributeValue[];
}

/** Result of a lookup. Unprocessed keys are in neither map. */
interface Findings {
  readonly items: ReadonlyMap<string, StandingItem>;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Addresses and ids that DynamoDB left unprocessed. */
  readonly left: ReadonlySet<unknown>;
}

const construct = "Roles/WorkerRole";
const failed: Transient = { kind: "failed" };

function answerAttributes(answers: Registration["answers"]): Record<string, AttributeValue> {
  const map: Record<string, AttributeValue> = {};
  for (const [field, answer] of Object.entries(answers)) {
    if (typeof answer === "string") map[field] = { S: answer };
    else if (typeof answer === "number") map[field] = { N: String(answer) };
    else map[field] = typeof answer === "boolean" ? { BOOL: answer } : { L: answer.map((S) => ({ S })) };
  }
  return map;
}

export function createRegistrationsTable(options: RegistrationsTableOptions): RegistrationsTable {
  const { documents, tableName, outcomesTableName, retentionDays, wallClock, onCall } = options;
  const lookup: Operation = {
    action: "dynamodb:BatchGetItem",
    resource: `${tableName} or ${outcomesTableName}`,
    construct,
  };
  const replacing: Operation = { action: "dynamodb:PutItem", resource: tableName, construct };
  const insertAll = createBatchInsert<Insertion>({
    documents,
    tableName,
    construct,
    attributes: ["email", "registrationId", "name", "answers", "submittedAt", "storedAt", "expiresAt"],
    parameters: ({ registration: { email, id, name, answers, submittedAt }, times }) => [
      { S: email },
      { S: id },
      { S: name },
      { M: answerAttributes(answers) },
      { S: submittedAt },
      ...times,
    ],
    further: ({ registration }) => optionalAttributes(registration),
    onCall,
  });

  function timesOf(triedAt: number): AttributeValue[] {
    const storedAt = { S: new Date(triedAt).toISOString() };
    return retentionDays === undefined ? [storedAt] : [storedAt, { N: String(expiryOf(triedAt, retentionDays)) }];
  }

  /** Eventually consistent reads would miss what was just written. */
  async function find(registrations: readonly Registration[]): Promise<Findings> {
    // DynamoDB rejects a call with a repeated key; a replay can share its original's id under another address.
    const ids = new Set(registrations.map(({ id }) => id));
    const { Responses = {}, UnprocessedKeys = {} } = await documents.send(
      new BatchGetCommand({
        RequestItems: {
          [tableName]: {
            Keys: registrations.map(({ email }) => ({ email })),
            ProjectionExpression: "email, registrationId, tombstone, #at, expiresAt",
            ExpressionAttributeNames: { "#at": "at" },
            ConsistentRead: true,
          },
          [outcomesTableName]: {
            Keys: Array.from(ids, (id) => ({ id })),
            ProjectionExpression: "id, outcome",
            ConsistentRead: true,
          },
        },
      }),
    );
    const items = (Responses[tableName] ?? []) as (StandingItem & { email: string })[];
    const outcomes = (Responses[outcomesTableName] ?? []) as { id: string; outcome: Outcome }[];
    const leftKeys = Object.values(UnprocessedKeys).flatMap(({ Keys = [] }) => Keys);
    return {
      items: new Map(items.map((item) => [item.email, item])),
      outcomes: new Map(outcomes.map(({ id, outcome }) => [id, outcome])),
      left: new Set(leftKeys.flatMap((key) => Object.values(key) as unknown[])),
    };
  }

  async function replace(
    tombstone: TombstoneItem,
    registration: Registration,
    triedAt: number,
  ): Promise<StoreResult | Transient> {
    const { email, id: registrationId, name, answers, submittedAt } = registration;
    const item = {
      ...Object.fromEntries(optionalProperties(registration) ?? []),
      email,
      registrationId,
      name,
      answers,
      submittedAt,
      storedAt: new Date(triedAt).toISOString(),
      ...(retentionDays !== undefined && { expiresAt: expiryOf(triedAt, retentionDays) }),
    };
    try {
      await documents.send(
        new PutCommand({
          TableName: tableName,
          Item: item,
          // Only this tombstone: a newer registration or erasure wins.
          ConditionExpression: "registrationId = :id AND tombstone = :kind AND #at = :at",
          ExpressionAttributeNames: { "#at": "at" },
          ExpressionAttributeValues: {
            ":id": tombstone.registrationId,
            ":kind": tombstone.tombstone,
            ":at": tombstone.at,
          },
        }),
      );
      return { kind: "stored", fresh: true, triedAt };
    } catch (error) {
      const { name: code, message } = error as Error;
      // Something else is there by now: the next try sees what.
      if (code === "ConditionalCheckFailedException") return failed;
      return code === "ValidationException" ? rejection(replacing, code, message) : transientError(error, replacing);
    }
  }

  /** @returns undefined when another call is needed */
  function resultOf(verdict: Verdict, item: StandingItem | undefined, triedAt: number): StoreResult | undefined {
    if (verdict.kind === "stored") return { kind: "stored", fresh: false, triedAt };
    return verdict.kind === "outcome" ? { ...verdict, item, triedAt } : undefined;
  }

  /** DynamoDB does not return the conflicting item, so it is looked up. */
  async function settleTaken(
    taken: readonly (readonly [index: number, Registration])[],
    results: (StoreResult | Transient)[],
    triedAt: number,
  ): Promise<void> {
    let found: Findings;
    try {
      found = await find(taken.map(([, registration]) => registration));
    } catch (error) {
      const result = transientError(error, lookup);
      for (const [index] of taken) results[index] = result;
      return;
    }
    for (const [index, registration] of taken) {
      const { email, id } = registration;
      if (found.left.has(email) || found.left.has(id)) continue;
      const item = found.items.get(email);
      const verdict = decide(registration, item, found.outcomes.get(id), wallClock());
      const result = resultOf(verdict, item, triedAt);
      if (result) results[index] = result;
      // Sequentially: one call of the writer never becomes 25 at once.
      // oxlint-disable-next-line no-await-in-loop
      else if (verdict.kind === "replace") results[index] = await replace(verdict.tombstone, registration, triedAt);
    }
  }

  return {
    async insert(registrations) {
      const taken: [number, Registration][] = [];
      const triedAt = wallClock();
      const stored: StoreResult = { kind: "stored", fresh: true, triedAt };
      const times = timesOf(triedAt);
      const inserts = await insertAll(registrations.map((registration) => ({ registration, times })));
      const results = inserts.map((result, index): StoreResult | Transient => {
        if (result.kind === "inserted") return stored;
        if (result.kind !== "taken") return result;
        const registration = registrations[index];
        if (registration) taken.push([index, registration]);
        // Until the lookup says otherwise.
        return failed;
      });
      if (taken.length > 0) await settleTaken(taken, results, triedAt);
      return results;
    },
    follow(first, result, later) {
      if (result.kind === "rejected") return undefined;
      const item = result.kind === "stored" ? { registrationId: first.id } : result.item;
      // Its outcome need not be looked up: inserting over an existing one does nothing.
      return resultOf(decide(later, item, undefined, wallClock()), item, result.triedAt);
    },
  };
}
