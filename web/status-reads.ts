/**
 * The table reads behind status polling, merged: everybody who asks while reads are under way is answered by the next one,
 * up to 50 receipts in a `BatchGetItem` that looks into both tables at once. No timer, bounded in flight and in line:
 * 100,000 people who poll cost a few hundred calls, and every receipt costs the same, whatever became of it.
 */
import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbLimits } from "../shared/aws-limits.ts";
import type { DeadLetterState } from "../shared/dead-letter-record.ts";
import { TurnoutError } from "../shared/errors.ts";

export interface Subject {
  readonly email: string;
  readonly registrationId: string;
}

/** What both tables hold of a subject. */
export interface Findings {
  /** The registration under this address, whoever made it. */
  readonly registered: { readonly registrationId: string; readonly storedAt: string } | undefined;
  readonly deadLetterState: DeadLetterState | undefined;
}

export interface StatusReads {
  /** @throws TURNOUT_TABLE_UNAVAILABLE when the tables do not answer, or too many are asking */
  find(subject: Subject): Promise<Findings>;
}

export interface StatusReadsOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  readonly deadLettersTable: string;
  readonly maxReadsInFlight: number;
  /** Subjects that may stand in line. */
  readonly maxWaiting: number;
}

interface Waiting extends PromiseWithResolvers<Findings> {
  readonly subject: Subject;
}

interface RegistrationItem {
  readonly email: string;
  readonly registrationId: string;
  readonly storedAt: string;
}

interface DeadLetterItem {
  readonly id: string;
  readonly state: DeadLetterState;
}

/** Each receipt asks for one key in either table. */
const batchSize = dynamoDbLimits.maxBatchGetKeys / 2;

export function createStatusReads(options: StatusReadsOptions): StatusReads {
  const { documents, registrationsTable, deadLettersTable, maxReadsInFlight, maxWaiting } = options;
  let line: Waiting[] = [];
  let readsInFlight = 0;

  function dispatch(): void {
    while (line.length > 0 && readsInFlight < maxReadsInFlight) {
      const batch = line.slice(0, batchSize);
      line = line.slice(batchSize);
      void read(batch);
    }
  }

  async function read(batch: readonly Waiting[]): Promise<void> {
    readsInFlight += 1;
    try {
      const found = await look(batch.map(({ subject }) => subject));
      for (const { subject, resolve } of batch) resolve(found(subject));
    } catch (cause) {
      const error = new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "The registrations table did not answer.", { cause });
      for (const { reject } of batch) reject(error);
    }
    readsInFlight -= 1;
    dispatch();
  }

  async function look(subjects: readonly Subject[]): Promise<(subject: Subject) => Findings> {
    // DynamoDB refuses a call that names one key twice, and the same person may ask twice at once.
    const emails = [...new Set(subjects.map(({ email }) => email))];
    const ids = [...new Set(subjects.map(({ registrationId }) => registrationId))];
    const { Responses = {}, UnprocessedKeys = {} } = await documents.send(
      new BatchGetCommand({
        RequestItems: {
          [registrationsTable]: {
            Keys: emails.map((email) => ({ email })),
            ProjectionExpression: "email, registrationId, storedAt",
          },
          [deadLettersTable]: {
            Keys: ids.map((id) => ({ id })),
            ProjectionExpression: "id, #state",
            ExpressionAttributeNames: { "#state": "state" },
          },
        },
      }),
    );
    if (Object.keys(UnprocessedKeys).length > 0) throw new Error("DynamoDB left keys unprocessed: it is throttling.");
    const registered = new Map(
      ((Responses[registrationsTable] ?? []) as RegistrationItem[]).map((item) => [item.email, item]),
    );
    const states = new Map(
      ((Responses[deadLettersTable] ?? []) as DeadLetterItem[]).map((item) => [item.id, item.state]),
    );
    return ({ email, registrationId }) => ({
      registered: registered.get(email),
      deadLetterState: states.get(registrationId),
    });
  }

  return {
    find(subject) {
      if (line.length >= maxWaiting) {
        return Promise.reject(new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "Too many are asking at this moment."));
      }
      const waiting = { subject, ...Promise.withResolvers<Findings>() };
      line.push(waiting);
      dispatch();
      return waiting.promise;
    },
  };
}
