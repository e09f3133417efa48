/** Dead letters for tests, in the table as the worker's collector leaves them there. */
import { BatchWriteCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";

const firstAt = Date.parse("2026-01-01T09:00:00.000Z");

export function person(number: number): Registration {
  const email = `person-${number}@example.org`;
  return {
    id: registrationId(`key-${number}`, email),
    email,
    name: `Person ${number}`,
    answers: { guests: number % 5 },
    submittedAt: new Date(firstAt + number).toISOString(),
  };
}

/** @returns an open record of a registration that can be stored */
export function deadLetter(number: number, changes: Partial<DeadLetterRecord> = {}): DeadLetterRecord {
  const registration = person(number);
  const failedAt = new Date(firstAt + 60_000 + number).toISOString();
  return {
    id: registration.id,
    state: "open",
    reason: "crash-loop",
    detail: "received again and again, and never finished",
    body: encodePack([registration]),
    registration,
    submittedAt: registration.submittedAt,
    firstFailedAt: failedAt,
    lastFailedAt: failedAt,
    failures: 1,
    history: [{ at: failedAt, who: "worker", what: "failed", detail: "crash-loop" }],
    messageId: `message-${number}`,
    ...changes,
  };
}

/** @returns a record of a body in which no registration can be read */
export function unreadable(id: string, body: string, changes: Partial<DeadLetterRecord> = {}): DeadLetterRecord {
  const { registration: _, submittedAt: __, ...rest } = deadLetter(0);
  return { ...rest, id, body, reason: "malformed", detail: "The message body is not JSON.", ...changes };
}

const maxBatch = 25;
const callsAtOnce = 8;

/** Puts items into a table as fast as it takes them. */
export async function putAll(
  documents: DynamoDBDocumentClient,
  tableName: string,
  items: Iterable<object>,
): Promise<void> {
  const source = items[Symbol.iterator]();
  // Not by `take`, which closes what it takes from.
  const takeSome = () => {
    const some: object[] = [];
    while (some.length < maxBatch) {
      const { value, done } = source.next();
      if (done) break;
      some.push(value);
    }
    return some;
  };
  await Promise.all(
    Array.from({ length: callsAtOnce }, async () => {
      for (;;) {
        const some = takeSome();
        if (some.length === 0) return;
        const requests = some.map((Item) => ({ PutRequest: { Item } }));
        await documents.send(new BatchWriteCommand({ RequestItems: { [tableName]: requests } }));
      }
    }),
  );
}

/** @param count how many; numbered from `first` */
export function deadLetters(count: number, first = 0): DeadLetterRecord[] {
  return Array.from({ length: count }, (_, index) => deadLetter(first + index));
}
