/**
 * What AWS may do with a standard queue and the embedded one never does: give a message out twice, and out of order.
 * Both work on the answers of receives: some messages are kept, and handed to whoever receives from the queue next.
 */
import type { Json } from "./exchange.ts";
import type { Random } from "./random.ts";

export interface Deliveries {
  /** Keeps copies of some messages of this answer, for a later receive. */
  duplicate(queue: string, answer: Json, share: number): number;
  /** Takes some messages out of this answer, for a later receive. */
  holdBack(queue: string, answer: Json, share: number): number;
  /** Whether something is kept for this queue. */
  has(queue: string): boolean;
  /** Adds to this answer what was kept for the queue, in any order, up to what one receive may have. */
  handOut(queue: string, answer: Json): void;
  /** Forgets what was kept; what was held back comes again when its visibility is over. */
  clear(): void;
}

interface Message extends Json {
  readonly MessageId: string;
}

const maxMessages = 10;

function messagesOf(answer: Json): Message[] {
  return (answer.Messages ?? []) as Message[];
}

export function createDeliveries(random: Random): Deliveries {
  const kept = new Map<string, Message[]>();

  function keep(queue: string, messages: readonly Message[]): number {
    kept.set(queue, [...(kept.get(queue) ?? []), ...messages]);
    return messages.length;
  }

  return {
    duplicate(queue, answer, share) {
      return keep(
        queue,
        messagesOf(answer).filter(() => random.chance(share)),
      );
    },
    holdBack(queue, answer, share) {
      const messages = messagesOf(answer);
      const held = messages.filter(() => random.chance(share));
      answer.Messages = messages.filter((message) => !held.includes(message));
      return keep(queue, held);
    },
    has: (queue) => (kept.get(queue)?.length ?? 0) > 0,
    handOut(queue, answer) {
      const waiting = kept.get(queue) ?? [];
      const messages = messagesOf(answer);
      const present = new Set(messages.map(({ MessageId }) => MessageId));
      const later: Message[] = [];
      for (const message of random.shuffle(waiting)) {
        // One answer never names a message twice: not even AWS does that, and a batch delete could not name it twice.
        if (messages.length >= maxMessages || present.has(message.MessageId)) later.push(message);
        else {
          messages.push(message);
          present.add(message.MessageId);
        }
      }
      kept.set(queue, later);
      answer.Messages = random.shuffle(messages);
    },
    clear() {
      kept.clear();
    },
  };
}
