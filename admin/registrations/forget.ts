/**
 * Erases a person: the registration, and every trace in the dead letters. What waits on the queue can't be looked at; it is
 * counted, so that the one who erases knows to come again.
 */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DeadLetterRecord } from "../../shared/dead-letter-record.ts";
import type { DeadLetterStore } from "../dead-letters/dead-letter-store.ts";
import { afterErasure, planErasure, type Erasure } from "../dead-letters/erasure.ts";
import { readQueueCounts } from "../queue-counts.ts";
import type { RegistrationsStore } from "./registrations-store.ts";

export interface DeadLetterTrace {
  readonly record: DeadLetterRecord;
  readonly erasure: Erasure;
}

export interface Traces {
  readonly registered: boolean;
  readonly deadLetters: readonly DeadLetterTrace[];
  /** Messages that wait or are worked on, in both queues: the person may be in one of them. */
  readonly messages: number;
  /** Addresses to which an admin has corrected this one: the same person, registered under another. */
  readonly otherAddresses: readonly string[];
}

export interface ForgetOptions {
  readonly registrations: RegistrationsStore;
  readonly deadLetters: DeadLetterStore;
  readonly sqs: SQSClient;
  readonly queueUrls: readonly string[];
  readonly signal: AbortSignal;
}

async function countMessages(sqs: SQSClient, urls: readonly string[]): Promise<number> {
  const counts = await Promise.all(urls.map((url) => readQueueCounts(sqs, url)));
  return counts.reduce((total, { waiting, inFlight, delayed }) => total + waiting + inFlight + delayed, 0);
}

/** @param email in key form. Changes nothing. */
export async function findTraces(email: string, options: ForgetOptions): Promise<Traces> {
  const { registrations, deadLetters, sqs, queueUrls, signal } = options;
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
  return {
    registered: (await registrations.find(email)) !== undefined,
    deadLetters: found,
    messages: await countMessages(sqs, queueUrls),
    otherAddresses: [...otherAddresses],
  };
}

export interface Forgotten {
  readonly registration: boolean;
  /** Ids of records, and whether that was done: not when somebody changed the record meanwhile. */
  readonly deadLetters: readonly { readonly id: string; readonly done: boolean }[];
}

/**
 * @param email in key form
 * @param who the IAM identity, for the history of records that stay
 */
export async function eraseTraces(
  email: string,
  traces: Traces,
  { registrations, deadLetters }: ForgetOptions,
  who: string,
): Promise<Forgotten> {
  const done: { id: string; done: boolean }[] = [];
  for (const { record, erasure } of traces.deadLetters) {
    if (erasure.kind === "whole") {
      await deadLetters.erase(record);
      done.push({ id: record.id, done: true });
      continue;
    }
    const at = new Date().toISOString();
    const detail = "a person's data was erased from the body, on request";
    const rest = afterErasure(erasure, { at, who, what: "edited", detail });
    done.push({ id: record.id, done: await deadLetters.replace(record, rest.record, rest.parts) });
  }
  return { registration: await registrations.erase(email), deadLetters: done };
}
