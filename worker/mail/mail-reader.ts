/** Reads what is known about requests for mails: their records, the turns of their addresses, the registrations. */
import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { setTimeout as delay } from "node:timers/promises";
import { dynamoDbLimits } from "../../shared/aws/aws-limits.ts";
import { mailKey, type MailKind, type MailRequest } from "../../shared/mail/mail-pack.ts";
import type { Operation } from "../../shared/process/system-error.ts";
import type { TombstoneItem } from "../../shared/registration/tombstone.ts";
import type { RetryingCaller } from "../retrying-caller.ts";
import type { MailFacts, StandingRegistration } from "./mail-verdict.ts";

export interface MailReader {
  /**
   * @param requests at most 100, with different keys
   * @returns what is known of each, in order; undefined when the tables did not answer in time
   */
  lookUp(requests: readonly MailRequest[], deadline: number): Promise<MailFacts[] | undefined>;
  /** @param ids all different. @returns which of these mails have a record; undefined when the table did not answer in time */
  recorded(ids: readonly string[], deadline: number): Promise<ReadonlySet<string> | undefined>;
}

export interface MailReaderOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly registrationsTableName: string;
  readonly limitKey: (kind: MailKind, email: string) => string;
  readonly caller: RetryingCaller;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

interface LimitItem {
  readonly id: string;
  readonly mail: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

type Key = Readonly<Record<string, unknown>>;
/** Keys and items of a BatchGetItem, by table. */
type ByTable<T> = Record<string, T[]>;

/** For so long one mail of a kind has its address's turn. */
export const turnMs = 86_400_000;
const maxRounds = 6;
const firstPauseMs = 25;

export function createMailReader(options: MailReaderOptions): MailReader {
  const { documents, tableName, registrationsTableName, limitKey, caller, wallClock } = options;
  const lookup: Operation = {
    action: "dynamodb:BatchGetItem",
    resource: `${tableName} or ${registrationsTableName}`,
    construct: "Roles/WorkerRole",
  };

  /** One call, and further ones for what DynamoDB left unprocessed. */
  async function getAll(keys: ByTable<Key>): Promise<ByTable<Record<string, unknown>>> {
    const found: ByTable<Record<string, unknown>> = {};
    let left = requestOf(keys);
    // Each round follows from the one before.
    /* oxlint-disable no-await-in-loop */
    for (let round = 0; round < maxRounds; round += 1) {
      if (round > 0) await delay(Math.random() * firstPauseMs * 2 ** round);
      const { Responses = {}, UnprocessedKeys = {} } = await documents.send(
        new BatchGetCommand({ RequestItems: left }),
      );
      for (const [table, items] of Object.entries(Responses)) (found[table] ??= []).push(...items);
      if (Object.keys(UnprocessedKeys).length === 0) return found;
      left = UnprocessedKeys as typeof left;
    }
    /* oxlint-enable no-await-in-loop */
    throw Object.assign(new Error("keys stayed unprocessed"), { name: "ThrottlingException" });
  }

  function requestOf(keys: ByTable<Key>) {
    const projections: Record<
      string,
      { ProjectionExpression: string; ExpressionAttributeNames?: Record<string, string> }
    > = {
      [tableName]: { ProjectionExpression: "id, mail, #at", ExpressionAttributeNames: { "#at": "at" } },
      [registrationsTableName]: {
        ProjectionExpression: "email, registrationId, submittedAt, tombstone, #language",
        ExpressionAttributeNames: { "#language": "language" },
      },
    };
    return Object.fromEntries(
      Object.entries(keys).map(([table, Keys]) => [table, { Keys, ConsistentRead: true, ...projections[table] }]),
    );
  }

  /** Any number of keys, in calls of at most 100. @throws the error of the call that fails */
  async function getMany(keys: readonly (readonly [table: string, key: Key])[]) {
    const calls: ByTable<Key>[] = [];
    for (let start = 0; start < keys.length; start += dynamoDbLimits.maxBatchGetKeys) {
      const call: ByTable<Key> = {};
      for (const [table, key] of keys.slice(start, start + dynamoDbLimits.maxBatchGetKeys)) {
        (call[table] ??= []).push(key);
      }
      calls.push(call);
    }
    const found = await Promise.all(calls.map(getAll));
    return {
      mails: found.flatMap((tables) => tables[tableName] ?? []) as { id: string }[],
      items: found.flatMap((tables) => tables[registrationsTableName] ?? []) as unknown[] as (
        | StandingRegistration
        | TombstoneItem
      )[],
    };
  }

  async function read(keys: readonly (readonly [table: string, key: Key])[], deadline: number) {
    let found: Awaited<ReturnType<typeof getMany>> | undefined;
    await caller.attempt(lookup, async () => void (found = await getMany(keys)), deadline);
    return found;
  }

  async function recorded(ids: readonly string[], deadline: number): Promise<ReadonlySet<string> | undefined> {
    if (ids.length === 0) return new Set();
    const found = await read(
      ids.map((id) => [tableName, { id }] as const),
      deadline,
    );
    return found && new Set(found.mails.map(({ id }) => id));
  }

  return {
    recorded,
    async lookUp(requests, deadline) {
      const ids = new Set<string>();
      const emails = new Set<string>();
      for (const request of requests) {
        ids.add(mailKey(request)).add(limitKey(request.kind, request.email));
        emails.add(request.email);
      }
      const found = await read(
        [
          ...Array.from(ids, (id) => [tableName, { id }] as const),
          ...Array.from(emails, (email) => [registrationsTableName, { email }] as const),
        ],
        deadline,
      );
      if (!found) return undefined;
      const mails = new Map(found.mails.map((item) => [item.id, item]));
      const items = new Map(found.items.map((item) => [item.email, item]));
      const dayAgo = new Date(wallClock() - turnMs).toISOString();
      const holderOf = ({ kind, email }: MailRequest) => {
        const limit = mails.get(limitKey(kind, email)) as LimitItem | undefined;
        return limit !== undefined && limit.at >= dayAgo ? limit.mail : undefined;
      };
      const others = new Set<string>();
      for (const request of requests) {
        const holder = holderOf(request);
        if (holder !== undefined && holder !== mailKey(request)) others.add(holder);
      }
      const settled = await recorded([...others], deadline);
      if (!settled) return undefined;
      return requests.map((request) => {
        const holder = holderOf(request);
        const holdsTurn = holder === mailKey(request);
        const isOther = holder !== undefined && !holdsTurn;
        return {
          recorded: mails.has(mailKey(request)),
          item: items.get(request.email),
          limitedBy: isOther && settled.has(holder) ? holder : undefined,
          pending: isOther && !settled.has(holder),
          holdsTurn,
        };
      });
    },
  };
}
