/**
 * What the engines really did, seen on the wire: every item written to the registrations table, and how often each message
 * was given out. The table alone could not tell a write that happened twice from one that happened once.
 */
import type { Exchange, Json } from "./exchange.ts";

export interface SideEffects {
  /** @param input as the engine got it; @param answer as the engine gave it, whatever the client is told */
  observe(exchange: Exchange, input: Json, answer: Json): void;
  /** Successful writes of registrations, by email, since the address was last withdrawn or erased. */
  readonly writes: ReadonlyMap<string, number>;
  /** Statements that the table answered with `DuplicateItem`, its address being known: a write that was tried before, or a duplicate. */
  readonly knownAddresses: number;
  /** Times that a message was given out, by SQS message id, over all queues. */
  readonly deliveries: ReadonlyMap<string, number>;
  /** Addresses under which more than one registration was written. */
  writtenTwice(): string[];
  /** Deliveries beyond the first of each message. */
  redeliveries(): number;
}

interface AttributeValue {
  readonly S?: string;
}
interface Statement {
  readonly Statement: string;
  readonly Parameters?: readonly AttributeValue[];
}
interface PutRequest {
  readonly PutRequest?: { readonly Item: Readonly<Record<string, AttributeValue>> };
}

export function createSideEffects(): SideEffects {
  const writes = new Map<string, number>();
  const deliveries = new Map<string, number>();
  let knownAddresses = 0;

  function count(map: Map<string, number>, key: string | undefined): void {
    if (key !== undefined) map.set(key, (map.get(key) ?? 0) + 1);
  }

  const observers: Record<string, (input: Json, answer: Json) => void> = {
    BatchExecuteStatement(input, answer) {
      const responses = (answer.Responses ?? []) as { readonly Error?: { readonly Code: string } }[];
      for (const [index, { Statement: text, Parameters = [] }] of ((input.Statements ?? []) as Statement[]).entries()) {
        const done = responses[index] && responses[index].Error === undefined;
        if (responses[index]?.Error?.Code === "DuplicateItem") knownAddresses += 1;
        if (done && text.startsWith("INSERT")) count(writes, Parameters[0]?.S);
      }
    },
    BatchWriteItem(input, answer) {
      const unprocessed = Object.values((answer.UnprocessedItems ?? {}) as Record<string, PutRequest[]>).flat();
      const left = new Set(unprocessed.map((request) => request.PutRequest?.Item.email?.S));
      for (const { PutRequest: put } of Object.values(input.RequestItems as Record<string, PutRequest[]>).flat()) {
        const email = put?.Item.email?.S;
        if (!left.has(email)) count(writes, email);
      }
    },
    PutItem(input) {
      const { email, tombstone } = input.Item as Record<string, AttributeValue>;
      // From then on the address may be registered again.
      if (tombstone !== undefined) writes.delete(email?.S ?? "");
      else count(writes, email?.S);
    },
    ReceiveMessage(_input, answer) {
      for (const { MessageId } of (answer.Messages ?? []) as { readonly MessageId: string }[]) {
        count(deliveries, MessageId);
      }
    },
  };

  function surplus(map: ReadonlyMap<string, number>): number {
    let total = 0;
    for (const times of map.values()) total += times - 1;
    return total;
  }

  return {
    writes,
    deliveries,
    get knownAddresses() {
      return knownAddresses;
    },
    observe({ action }, input, answer) {
      observers[action]?.(input, answer);
    },
    writtenTwice: () => [...writes].filter(([, times]) => times > 1).map(([email]) => email),
    redeliveries: () => surplus(deliveries),
  };
}

/** The actions that `observe` has an eye for; answers of others need not be read. */
export const observedActions: ReadonlySet<string> = new Set([
  "BatchExecuteStatement",
  "BatchWriteItem",
  "PutItem",
  "ReceiveMessage",
]);
