/**
 * Puts what an admin adds or corrects on the registrations queue, as a pack of its own, and waits for what becomes of it, for
 * a limited time.
 */
import { setTimeout as delay } from "node:timers/promises";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { isChangeEntry, outranks, type Correction } from "../../shared/registration/change.ts";
import type { OutcomeItem } from "../../shared/registration/outcome.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { encodeUnknownEntry, packCountAttribute } from "../../shared/registration/registration-pack.ts";
import { isTombstone } from "../../shared/registration/tombstone.ts";
import type { Connection } from "../../terminal/connection.ts";
import { createAuditLog } from "../audit-log.ts";
import { withReplayActivity } from "../dead-letters/replay-activity.ts";
import { createRegistrationsStore } from "./registrations-store.ts";

export const byHandResults = ["stored", "duplicate", "superseded", "gone", "dead-letter", "waiting"] as const;

/**
 * stored       it counts now
 * duplicate    the address was registered already: nothing was changed
 * superseded   of a correction: a later change counts, or one through a link from a mail
 * gone         the registration was withdrawn or erased
 * dead-letter  it could not be stored and waits for a decision
 * waiting      nothing is known yet: it is on the queue
 */
export type ByHandResult = (typeof byHandResults)[number];

export type ByHandEntry = Registration | Correction;

/** What is needed of a connection to add and correct by hand. */
export type ByHandConnection = Pick<
  Connection,
  | "sqs"
  | "queueUrl"
  | "documents"
  | "activityTable"
  | "registrationsTable"
  | "outcomesTable"
  | "deadLettersTable"
  | "auditLogGroup"
  | "identity"
>;

export interface ByHandOptions {
  readonly connection: ByHandConnection;
  /** The admin's reason, for the audit log. No attendee data. */
  readonly why: string;
  /** Told when something beside the point failed. */
  readonly note: (text: string) => void;
}

/**
 * Writes to the audit log, then sends. Sending an addition with the same id again is harmless.
 * @throws the SDK's error: of the log, and then nothing was sent; or of a send that was not confirmed, which may have
 *   arrived all the same
 */
export async function sendByHand(entry: ByHandEntry, { connection, why, note }: ByHandOptions): Promise<void> {
  const { sqs, queueUrl } = connection;
  const corrects = isChangeEntry(entry);
  const log = createAuditLog({ connection, who: await connection.identity(), wallClock: Date.now });
  const what = corrects ? "a correction of a registration" : "a registration";
  const line = {
    action: corrects ? "correct" : "add",
    ids: [entry.id],
    detail: `sends ${what} to the queue`,
    why,
  } as const;
  await log.around(line, async () => {
    await withReplayActivity(connection, note, async ({ onPack }) => {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: encodeUnknownEntry(entry),
          MessageAttributes: { [packCountAttribute]: { DataType: "Number", StringValue: "1" } },
        }),
      );
      onPack(1);
    });
    return [undefined, `sent ${what} to the queue`] as const;
  });
}

function isCorrection(entry: ByHandEntry): entry is Correction {
  return isChangeEntry(entry);
}

/** @returns what became of it so far */
async function resultOf(
  entry: ByHandEntry,
  { documents, registrationsTable, outcomesTable, deadLettersTable }: ByHandConnection,
): Promise<ByHandResult> {
  const { email, id } = entry;
  const standing = await createRegistrationsStore(documents, registrationsTable).look(email);
  if (standing !== undefined && !isTombstone(standing) && standing.registrationId === id) {
    if (!isCorrection(entry) || standing.changedAt === entry.changedAt) return "stored";
    return outranks(standing, entry) ? "superseded" : "waiting";
  }
  const { Item } = await documents.send(
    new GetCommand({ TableName: outcomesTable, Key: { id }, ConsistentRead: true }),
  );
  const outcome = (Item as OutcomeItem | undefined)?.outcome;
  if (outcome === "duplicate") return "duplicate";
  if (outcome !== undefined) return "gone";
  const record = await createDeadLetterStore(documents, deadLettersTable).read(id);
  if (record !== undefined) return record.state === "resolved" ? "waiting" : "dead-letter";
  return isCorrection(entry) && standing !== undefined ? "gone" : "waiting";
}

const firstPauseMs = 200;
const longestPauseMs = 2_000;

/**
 * @param maxWaitSeconds 0 polls once
 * @returns the first result other than `waiting`, or that
 * @throws the signal's reason; the SDK's error
 */
export async function awaitResult(
  entry: ByHandEntry,
  connection: ByHandConnection,
  maxWaitSeconds: number,
  signal: AbortSignal,
): Promise<ByHandResult> {
  const endsAt = performance.now() + maxWaitSeconds * 1_000;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    signal.throwIfAborted();
    const result = await resultOf(entry, connection);
    const leftMs = endsAt - performance.now();
    if (result !== "waiting" || leftMs <= 0) return result;
    await delay(Math.min(pauseMs, leftMs), undefined, { signal }).catch(() => {});
  }
}
