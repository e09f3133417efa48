/**
 * Merges status reads: everybody who asks while reads are in flight is served by the next one, up to 33 receipts per
 * `BatchGetItem` over three tables. No timer; bounded in flight and in the queue. 100,000 polling people cost a few
 * thousand calls, and every receipt costs the same whatever its state.
 *
 * Reads are consistent: a state once seen never disappears.
 */
import { setTimeout as delay } from "node:timers/promises";
import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbLimits } from "../../shared/aws/aws-limits.ts";
import type { DeadLetterState } from "../../shared/dead-letters/dead-letter-record.ts";
import { TurnoutError } from "../../shared/errors.ts";
import type { Answer } from "../../shared/registration/registration.ts";
import type { OutcomeItem } from "../../shared/registration/outcome.ts";
import type { TombstoneKind } from "../../shared/registration/tombstone.ts";

export interface Subject {
  readonly email: string;
  readonly registrationId: string;
  /** Whether the content is read as well. Default: no. */
  readonly withContent?: boolean;
}

/** What an attendee submitted, as it is stored. */
export interface StoredContent {
  readonly name: string;
  readonly answers: Readonly<Record<string, Answer>>;
}

/** The item under an address, of any registration, or a tombstone. */
export interface FoundItem {
  readonly registrationId: string;
  readonly tombstone?: TombstoneKind;
  readonly storedAt?: string;
  /** Of a tombstone: when it was left. */
  readonly at?: string;
  /** Of its latest correction. */
  readonly changedAt?: string;
  /** Only where it was asked for. */
  readonly content?: StoredContent;
}

/** What the tables hold for a receipt. */
export interface Findings {
  readonly item: FoundItem | undefined;
  /** The outcome of this very registration. */
  readonly outcome: Pick<OutcomeItem, "outcome" | "at"> | undefined;
  readonly deadLetterState: DeadLetterState | undefined;
}

export interface StatusReads {
  /** @throws TURNOUT_TABLE_UNAVAILABLE when the tables do not answer or too many are waiting */
  find(subject: Subject): Promise<Findings>;
}

export interface StatusReadsOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  readonly outcomesTable: string;
  readonly deadLettersTable: string;
  readonly maxReadsInFlight: number;
  /** Receipts that may be queued. */
  readonly maxWaiting: number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

interface Waiting extends PromiseWithResolvers<Findings> {
  readonly subject: Subject;
}

/** Keys by table. DynamoDB rejects a call that names a key twice. */
type KeysByTable = Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;

/** Each receipt needs one key in each of three tables. */
const batchSize = Math.floor(dynamoDbLimits.maxBatchGetKeys / 3);

/** A throttled table leaves keys unprocessed; they are retried with jittered exponential back-off. */
const maxRounds = 5;
const firstPauseMs = 50;

const withoutContent = {
  ProjectionExpression: "email, registrationId, tombstone, #at, storedAt, changedAt",
  ExpressionAttributeNames: { "#at": "at" },
};
/** For a batch in which somebody asks for it. */
const withContent = {
  ProjectionExpression: `${withoutContent.ProjectionExpression}, #name, answers`,
  ExpressionAttributeNames: { ...withoutContent.ExpressionAttributeNames, "#name": "name" },
};

export function createStatusReads(options: StatusReadsOptions): StatusReads {
  const { documents, registrationsTable, outcomesTable, deadLettersTable, maxReadsInFlight, maxWaiting, random } =
    options;
  let queue: Waiting[] = [];
  let readsInFlight = 0;

  const projections = {
    [registrationsTable]: withoutContent,
    [outcomesTable]: { ProjectionExpression: "id, outcome, #at", ExpressionAttributeNames: { "#at": "at" } },
    [deadLettersTable]: { ProjectionExpression: "id, #state", ExpressionAttributeNames: { "#state": "state" } },
  };

  function dispatch(): void {
    while (queue.length > 0 && readsInFlight < maxReadsInFlight) {
      const batch = queue.slice(0, batchSize);
      queue = queue.slice(batchSize);
      void read(batch);
    }
  }

  async function read(batch: readonly Waiting[]): Promise<void> {
    readsInFlight += 1;
    let left = batch;
    try {
      left = await answer(batch);
      if (left.length > 0) throw new Error("DynamoDB left keys unprocessed over and over: it is throttling.");
    } catch (cause) {
      const error = new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "The registrations table did not answer.", { cause });
      // Those answered before the failure stay answered.
      for (const { reject } of left) reject(error);
    }
    readsInFlight -= 1;
    dispatch();
  }

  /**
   * Answers each caller as soon as its own keys are read, so an unprocessed key delays only those who need it.
   * @returns those with keys still unprocessed at the end
   */
  async function answer(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    const found = new Map<string, Record<string, unknown>>();
    let keys = keysOf(batch.map(({ subject }) => subject));
    const hasContent = batch.some(({ subject }) => subject.withContent);
    let waiting = batch;
    // Each round retries what the previous one left.
    /* oxlint-disable no-await-in-loop */
    for (let round = 1; ; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- a round asks for what the one before left
      const left = await get(keys, hasContent, found);
      const isLeft = ({ email, registrationId }: Subject) =>
        left.has(`${registrationsTable} ${email}`) ||
        left.has(`${outcomesTable} ${registrationId}`) ||
        left.has(`${deadLettersTable} ${registrationId}`);
      for (const { subject, resolve } of waiting) if (!isLeft(subject)) resolve(findingsOf(subject, found));
      waiting = waiting.filter(({ subject }) => isLeft(subject));
      if (waiting.length === 0 || round === maxRounds) return waiting;
      // oxlint-disable-next-line no-await-in-loop
      await delay(random() * firstPauseMs * 2 ** (round - 1));
      keys = onlyKeys(keys, left);
    }
    /* oxlint-enable no-await-in-loop */
  }

  /** Adds what was found. @returns the unprocessed keys, each prefixed with its table's name */
  async function get(
    keys: KeysByTable,
    hasContent: boolean,
    found: Map<string, Record<string, unknown>>,
  ): Promise<ReadonlySet<string>> {
    const projectionOf = (table: string) =>
      hasContent && table === registrationsTable ? withContent : projections[table];
    const { Responses = {}, UnprocessedKeys = {} } = await documents.send(
      new BatchGetCommand({
        RequestItems: Object.fromEntries(
          Object.entries(keys).map(([table, Keys]) => [
            table,
            { ...projectionOf(table), Keys: [...Keys], ConsistentRead: true },
          ]),
        ),
      }),
    );
    for (const [table, items] of Object.entries(Responses)) {
      for (const item of items) found.set(`${table} ${keyOf(item)}`, item);
    }
    return new Set(
      Object.entries(UnprocessedKeys).flatMap(([table, { Keys = [] }]) => Keys.map((key) => `${table} ${keyOf(key)}`)),
    );
  }

  function keysOf(subjects: readonly Subject[]): KeysByTable {
    // The same receipt may be asked for twice at once.
    const emails = [...new Set(subjects.map(({ email }) => email))];
    const ids = [...new Set(subjects.map(({ registrationId }) => registrationId))];
    return {
      [registrationsTable]: emails.map((email) => ({ email })),
      [outcomesTable]: ids.map((id) => ({ id })),
      [deadLettersTable]: ids.map((id) => ({ id })),
    };
  }

  function findingsOf(
    { email, registrationId, withContent: asked }: Subject,
    found: ReadonlyMap<string, object>,
  ): Findings {
    const deadLetter = found.get(`${deadLettersTable} ${registrationId}`) as { state: DeadLetterState } | undefined;
    return {
      item: itemOf(found.get(`${registrationsTable} ${email}`), asked ?? false),
      outcome: found.get(`${outcomesTable} ${registrationId}`) as Findings["outcome"],
      deadLetterState: deadLetter?.state,
    };
  }

  return {
    find(subject) {
      if (queue.length >= maxWaiting) {
        return Promise.reject(new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "Too many are asking at this moment."));
      }
      const waiting = { subject, ...Promise.withResolvers<Findings>() };
      queue.push(waiting);
      dispatch();
      return waiting.promise;
    },
  };
}

/** @param asked whether the content may be in it: the batch may hold it for somebody else */
function itemOf(found: object | undefined, asked: boolean): FoundItem | undefined {
  if (!found) return undefined;
  const { name, answers, ...item } = found as FoundItem & Partial<StoredContent>;
  return asked && name !== undefined ? { ...item, content: { name, answers: answers ?? {} } } : item;
}

function keyOf(item: Readonly<Record<string, unknown>>): string {
  return String(item.email ?? item.id);
}

function onlyKeys(keys: KeysByTable, wanted: ReadonlySet<string>): KeysByTable {
  return Object.fromEntries(
    Object.entries(keys)
      .map(([table, all]) => [table, all.filter((key) => wanted.has(`${table} ${keyOf(key)}`))] as const)
      .filter(([, some]) => some.length > 0),
  );
}
