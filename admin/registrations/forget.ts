/**
 * Erases a person for good: a tombstone takes the place of the registration, so that nothing that is still queued can be
 * stored under the address; every trace in the dead letters goes; and the receipts of all that was erased show nothing any
 * more. Whoever registers again afterwards can.
 *
 * What waits on the queues can't be looked at. It cannot be stored either, but it may still become a dead letter: it is
 * counted, so that the one who erases knows to come again.
 */
import { randomUUID } from "node:crypto";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import type { DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { afterErasure, planErasure, type Erasure } from "../dead-letters/erasure.ts";
import { readQueueCounts } from "../../shared/aws/queue-counts.ts";
import type { OutcomesStore } from "./outcomes-store.ts";
import type { RegistrationsStore } from "./registrations-store.ts";

export interface DeadLetterTrace {
  readonly record: DeadLetterRecord;
  readonly erasure: Erasure;
}

export interface Traces {
  readonly registered: boolean;
  readonly deadLetters: readonly DeadLetterTrace[];
  /** Further registrations of the address, which are known as duplicates of the one that stands there. */
  readonly duplicates: number;
  /** Messages that wait or are worked on, in both queues: the person may be in one of them. */
  readonly messages: number;
  /** Addresses to which an admin has corrected this one: the same person, registered under another. */
  readonly otherAddresses: readonly string[];
}

export interface ForgetOptions {
  readonly registrations: RegistrationsStore;
  readonly outcomes: OutcomesStore;
  readonly deadLetters: DeadLetterStore;
  readonly sqs: SQSClient;
  readonly queueUrls: readonly string[];
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch, by AWS's clock rather than that of an admin's own machine. */
  readonly wallClock: () => number;
}

async function countMessages(sqs: SQSClient, urls: readonly string[]): Promise<number> {
  const counts = await Promise.all(urls.map((url) => readQueueCounts(sqs, url)));
  return counts.reduce((total, { waiting, inFlight, delayed }) => total + waiting + inFlight + delayed, 0);
}

/** @param email in key form. Changes nothing. */
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
    messages: await countMessages(sqs, queueUrls),
    otherAddresses: [...otherAddresses],
  };
}

export interface Forgotten {
  readonly registration: boolean;
  /** How many further registrations of the address show nothing any more. */
  readonly duplicates: number;
  /** Ids of records, and whether that was done: not when somebody changed the record meanwhile. */
  readonly deadLetters: readonly { readonly id: string; readonly done: boolean }[];
}

/**
 * Each step can be done again, and so can all of them after a run that was cut short.
 * @param email in key form
 * @param who the IAM identity, for the history of records that stay
 */
export async function eraseTraces(
  email: string,
  traces: Traces,
  { registrations, outcomes, deadLetters, signal, wallClock }: ForgetOptions,
  who: string,
): Promise<Forgotten> {
  // First of all: from here on nothing comes back, whatever the queues hold.
  const { tombstone, found } = await registrations.erase(email, randomUUID(), wallClock());
  const { registrationId, at, expiresAt } = tombstone;
  let duplicates: string[] = [];
  if (found !== "nothing") {
    duplicates = await outcomes.duplicatesOf(registrationId, signal);
    // Its own as well: a later registration takes the tombstone's place.
    await outcomes.erase([registrationId, ...duplicates], at, expiresAt);
  }
  const done: { id: string; done: boolean }[] = [];
  for (const { record, erasure } of traces.deadLetters) {
    // Before the record goes: a receipt must not find nothing at all, and call that pending.
    await outcomes.erase(erasure.registrationIds, at, expiresAt);
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
