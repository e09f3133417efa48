/**
 * The fake's SQS: takes messages and marks who was in them; hands out messages that it makes while they are asked for. It
 * keeps none of what it took: it is there to answer at a known pace, and to count.
 */
import { hash } from "node:crypto";
import { decodeMailPack, encodeMailRequest, joinMailPack } from "../../shared/mail/mail-pack.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { personOf, registrationOf } from "../people.ts";
import { createRoll, type RollCount } from "./roll.ts";

export interface Supply {
  /** Number of the first person. */
  readonly firstPerson: number;
  readonly people: number;
  /** 0: one plain registration for each message, as the usual designs have it. Otherwise packs of so many. */
  readonly packSize: number;
  /** On the mail queue: requests for their mails. Default: registrations. */
  readonly mails?: boolean;
}

export interface QueueCounts {
  /** SendMessage and SendMessageBatch calls. */
  readonly sends: number;
  readonly messagesSent: number;
  readonly sent: RollCount;
  /** People in the mail packs that were sent. */
  readonly mailsRequested: RollCount;
  readonly messagesWaiting: number;
  readonly messagesReceived: number;
  readonly messagesDeleted: number;
  /** Messages put on the dead-letter queue; there should be none. */
  readonly deadLetters: number;
}

type Input = Record<string, unknown>;

export interface FakeQueue {
  /**
   * @param isGone whether whoever asked has hung up meanwhile: a message must not be handed to a process that was ended
   * @throws Error for an operation that the fake does not know
   */
  answer(operation: string, input: Input, isGone: () => boolean): Promise<Input> | Input;
  supply(supply: Supply): void;
  counts(): QueueCounts;
  clear(): void;
}

interface Entry {
  readonly Id: string;
  readonly MessageBody?: string;
  readonly ReceiptHandle?: string;
}

function isMails(queueUrl: unknown): boolean {
  return String(queueUrl).endsWith("/mails");
}

function md5(text: string): string {
  return hash("md5", text, "hex");
}

export function createFakeQueue(): FakeQueue {
  const sent = createRoll();
  const mailsRequested = createRoll();
  const deleted = createRoll();
  let supplies: Supply = { firstPerson: 0, people: 0, packSize: 0 };
  let handedOut = 0;
  let messages = 0;
  let sends = 0;
  let messagesSent = 0;
  let messagesReceived = 0;
  let deadLetters = 0;
  let polls = new Set<() => void>();

  function take(queueUrl: unknown, body: string): { MessageId: string; MD5OfMessageBody: string } {
    if (String(queueUrl).endsWith("-dead-letters")) deadLetters += 1;
    else if (isMails(queueUrl)) {
      for (const { email } of decodeMailPack(body).requests) mailsRequested.mark(personOf(email));
    } else {
      messagesSent += 1;
      const content = JSON.parse(body) as { email?: string; registrations?: { email: string }[] };
      if (content.registrations) for (const { email } of content.registrations) sent.mark(personOf(email));
      else sent.mark(personOf(content.email ?? ""));
    }
    return { MessageId: `message-${messagesSent}`, MD5OfMessageBody: md5(body) };
  }

  function messageBody(index: number): string {
    const { firstPerson, people, packSize } = supplies;
    if (packSize === 0) return JSON.stringify(registrationOf(firstPerson + index));
    const from = firstPerson + index * packSize;
    const size = Math.min(packSize, firstPerson + people - from);
    const registrations = Array.from({ length: size }, (_, offset) => registrationOf(from + offset));
    if (!supplies.mails) return encodePack(registrations);
    return joinMailPack(registrations.map(({ id, email }) => encodeMailRequest({ kind: "confirmed", id, email })));
  }

  function handOut(most: number): Input {
    const list: Input[] = [];
    for (; list.length < most && handedOut < messages; handedOut += 1) {
      const body = messageBody(handedOut);
      list.push({
        MessageId: `message-${handedOut}`,
        ReceiptHandle: String(handedOut),
        Body: body,
        MD5OfBody: md5(body),
        Attributes: { ApproximateReceiveCount: "1" },
      });
    }
    messagesReceived += list.length;
    return list.length > 0 ? { Messages: list } : {};
  }

  async function receive(input: Input, isGone: () => boolean): Promise<Input> {
    const { QueueUrl, MaxNumberOfMessages = 1, WaitTimeSeconds = 0 } = input;
    const isSupplied = () =>
      !String(QueueUrl).endsWith("-dead-letters") && isMails(QueueUrl) === (supplies.mails ?? false);
    if (WaitTimeSeconds !== 0 && (!isSupplied() || handedOut >= messages)) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          polls.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, Number(WaitTimeSeconds) * 1_000);
        polls.add(wake);
      });
    }
    return !isSupplied() || isGone() ? {} : handOut(Number(MaxNumberOfMessages));
  }

  function forEach(entries: unknown, work: (entry: Entry) => Input): Input {
    return { Successful: (entries as Entry[]).map((entry) => ({ Id: entry.Id, ...work(entry) })), Failed: [] };
  }

  function remove(receiptHandle: unknown): Input {
    deleted.mark(Number(receiptHandle));
    return {};
  }

  return {
    answer(operation, input, isGone) {
      switch (operation) {
        case "SendMessage":
          sends += 1;
          return take(input.QueueUrl, String(input.MessageBody));
        case "SendMessageBatch":
          sends += 1;
          return forEach(input.Entries, ({ MessageBody = "" }) => take(input.QueueUrl, MessageBody));
        case "ReceiveMessage":
          return receive(input, isGone);
        case "DeleteMessage":
          return remove(input.ReceiptHandle);
        case "DeleteMessageBatch":
          return forEach(input.Entries, ({ ReceiptHandle }) => remove(ReceiptHandle));
        case "ChangeMessageVisibility":
          return {};
        case "ChangeMessageVisibilityBatch":
          return forEach(input.Entries, () => ({}));
        case "GetQueueAttributes":
          return {
            Attributes: {
              ApproximateNumberOfMessages: String(messages - handedOut),
              ApproximateNumberOfMessagesNotVisible: String(handedOut - deleted.count().people),
              ApproximateNumberOfMessagesDelayed: "0",
            },
          };
        default:
          throw new Error(`the fake SQS does not know ${operation}`);
      }
    },
    supply(supply) {
      supplies = supply;
      handedOut = 0;
      deleted.clear();
      messages = supply.packSize === 0 ? supply.people : Math.ceil(supply.people / supply.packSize);
      const waiting = polls;
      polls = new Set();
      for (const wake of waiting) wake();
    },
    counts: () => ({
      sends,
      messagesSent,
      sent: sent.count(),
      mailsRequested: mailsRequested.count(),
      messagesWaiting: messages - handedOut,
      messagesReceived,
      messagesDeleted: deleted.count().people,
      deadLetters,
    }),
    clear() {
      sent.clear();
      mailsRequested.clear();
      deleted.clear();
      supplies = { firstPerson: 0, people: 0, packSize: 0 };
      handedOut = 0;
      messages = 0;
      sends = 0;
      messagesSent = 0;
      messagesReceived = 0;
      deadLetters = 0;
    },
  };
}
