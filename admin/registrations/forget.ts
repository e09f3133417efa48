/**
 * Erases a person: a tombstone replaces the registration, so that nothing queued is stored under the address; all
 * traces in dead letters and in the records of mails are removed; the receipts of everything erased show nothing. The
 * person may register again. A mail that is still queued is not sent: the mailer looks for the registration first.
 *
 * Messages on the queues cannot be searched. They cannot be stored, but may become dead letters: their number is
 * returned, so that the erasure can be repeated later.
 */
import { randomUUID } from "node:crypto";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import type { DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { afterErasure, planErasure, type Erasure } from "../dead-letters/erasure.ts";
import type { AuditLog } from "../audit-log.ts";
import { countMessages } from "../../shared/aws/queue-counts.ts";
import type { MailsStore } from "./mails-store.ts";
import type { OutcomesStore } from "./outcomes-store.ts";
import type { RegistrationsStore } from "./registrations-store.ts";

export interface DeadLetterTrace {
  readonly record: DeadLetterRecord;
  readonly erasure: Erasure;
}

export interface Traces {
  readonly registered: boolean;
  readonly deadLetters: readonly DeadLetterTrace[];
  /** Duplicates of the registration under the address. */
  readonly duplicates: number;
  /** Messages waiting or in flight in both queues, which may include the person. */
  readonly messages: number;
  /** Addresses this one was corrected to: the same person. */
  readonly otherAddresses: readonly string[];
}

export interface ForgetOptions {
  readonly registrations: RegistrationsStore;
  readonly outcomes: OutcomesStore;
  readonly deadLetters: DeadLetterStore;
  readonly mails: MailsStore;
  readonly sqs: SQSClient;
  readonly queueUrls: readonly string[];
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch, by AWS's clock, not the admin's machine. */
  readonly wallClock: () => number;
}

/** @param email in key form. Read-only. */
export async function findTraces(email: string, options: ForgetOptions): Promise<Traces> {
  const { registrations, outcomes, deadLetters, sqs, queueUrls, signal } = options;
  const found: DeadLetterTrace[] = [];
  const otherAddresses = new Set<string>();
  await deadLetters.scanWithBodies(signal, async (records) => {
    for (const record of records) {
      const erasure = planErasure(record, await deadLetters.readBody(record), email);
      if (erasure === undefined) continue;
      found.push({ record, erasure });
      const other = record.registration?.email;
      if (erasure.kind === "whole" && other !== undefined && other !== email) otherAddresses.add(other);
    }
  });
  const registration = await registrations.find(email);
  return {
    registered: registration !== undefined,
    deadLetters: found,
    duplicates: registration ? (await outcomes.duplicatesOf(registration.registrationId, signal)).length : 0,
    messages: await countMessages(sqs, ...queueUrls),
    otherAddresses: [...otherAddresses],
  };
}

export interface Forgotten {
  readonly registration: boolean;
  /** Number of duplicates whose receipts now show nothing. */
  readonly duplicates: number;
  /** Ids of records and whether each was erased: not if it changed meanwhile. */
  readonly deadLetters: readonly { readonly id: string; readonly done: boolean }[];
}

/**
 * Each step, and all of them after an interruption, can be repeated.
 * @param email in key form
 * @param who the IAM identity, for the history of remaining records
 */
export async function eraseTraces(
  email: string,
  traces: Traces,
  { registrations, outcomes, deadLetters, mails, signal, wallClock }: ForgetOptions,
  who: string,
): Promise<Forgotten> {
  // First: from here on nothing queued can be stored.
  const { tombstone, found } = await registrations.erase(email, randomUUID(), wallClock());
  const { registrationId, at, expiresAt } = tombstone;
  let duplicates: string[] = [];
  if (found !== "nothing") {
    duplicates = await outcomes.duplicatesOf(registrationId, signal);
    // Its own outcome as well: a later registration replaces the tombstone.
    await outcomes.erase([registrationId, ...duplicates], at, expiresAt);
    await mails.erase([registrationId, ...duplicates], signal);
  }
  const done: { id: string; done: boolean }[] = [];
  for (const { record, erasure } of traces.deadLetters) {
    // Before the record is deleted, or the receipt would find nothing and show pending.
    await outcomes.erase(erasure.registrationIds, at, expiresAt);
    await mails.erase(erasure.registrationIds, signal);
    if (erasure.kind === "whole") {
      await deadLetters.erase(record);
      done.push({ id: record.id, done: true });
      continue;
    }
    const detail = "a person's data was erased from the body, on request";
    const rest = afterErasure(erasure, { at, who, what: "edited", detail });
    done.push({ id: record.id, done: await deadLetters.replace(record, rest.record, rest.parts) });
  }
  return { registration: found === "registration", duplicates: duplicates.length, deadLetters: done };
}

function describeErasure({ registration, duplicates, deadLetters }: Forgotten): string {
  const done = deadLetters.filter((one) => one.done).length;
  const parts = [
    ...(registration ? ["a registration"] : []),
    ...(duplicates > 0 ? [`the receipts of ${duplicates} further ones`] : []),
    `${done} of ${deadLetters.length} dead letters`,
    "and blocked what may be queued",
  ];
  return `erased a person: ${parts.join(", ")}`;
}

/**
 * Erases with an entry in the audit log.
 * @param why for the log; neither a name nor an address
 * @throws as `AuditLog.around`
 */
export function eraseLogged(
  email: string,
  traces: Traces,
  options: ForgetOptions,
  { log, who, why }: { readonly log: AuditLog; readonly who: string; readonly why: string },
): Promise<Forgotten> {
  const ids = traces.deadLetters.map(({ record }) => record.id);
  const found = `${traces.registered ? "a registration, " : ""}${ids.length} dead letters`;
  return log.around({ action: "forget", ids, detail: `erasing a person: ${found}`, why }, async () => {
    const forgotten = await eraseTraces(email, traces, options, who);
    return [forgotten, describeErasure(forgotten)];
  });
}
