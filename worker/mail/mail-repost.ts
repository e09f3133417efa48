/**
 * Puts what a message leaves unfinished on the mail queue as a new message, before the old one is deleted: a crash in
 * between repeats requests, which their records recognise. Left in the old message, mails that only wait for the rate
 * would bring it to the dead-letter queue by its receive count.
 */
import { SendMessageCommand, type Message, type MessageAttributeValue, type SQSClient } from "@aws-sdk/client-sqs";
import {
  encodeMailRequest,
  joinMailPack,
  maxMailPackBytes,
  maxMailsPerPack,
  type MailRequest,
} from "../../shared/mail/mail-pack.ts";
import type { Operation } from "../../shared/process/system-error.ts";
import type { RetryingCaller } from "../retrying-caller.ts";

/** What the requests of a message have been through, each of them. */
export interface MailHistory {
  /** How often they have failed. */
  readonly tries: number;
  /** Sends of which it is not known whether they worked. */
  readonly doubts: number;
}

export interface MailRepost {
  /**
   * @param requests of one message, so that they fit into another
   * @param delaySeconds until they are received
   * @returns whether SQS has confirmed it; never rejects
   */
  post(
    requests: readonly MailRequest[],
    history: MailHistory,
    delaySeconds: number,
    deadline: number,
  ): Promise<boolean>;
}

export interface MailRepostOptions {
  readonly sqs: SQSClient;
  readonly mailQueueUrl: string;
  readonly caller: RetryingCaller;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const maxDelaySeconds = 900;

/** @returns what a message's attributes say, each a number under its name */
export function historyOf({ MessageAttributes: attributes }: Message): MailHistory {
  const countOf = (name: keyof MailHistory) => {
    const count = Number(attributes?.[name]?.StringValue ?? 0);
    return Number.isSafeInteger(count) && count > 0 ? count : 0;
  };
  return { tries: countOf("tries"), doubts: countOf("doubts") };
}

function attributesOf({ tries, doubts }: MailHistory): Record<string, MessageAttributeValue> {
  const counts = Object.entries({ tries, doubts }).filter(([, count]) => count > 0);
  return Object.fromEntries(counts.map(([name, count]) => [name, { DataType: "Number", StringValue: String(count) }]));
}

/** @returns as few packs as hold them; a message from elsewhere may be larger than ours */
function packsOf(requests: readonly MailRequest[]): string[] {
  const packs: string[][] = [];
  let bytes = Infinity;
  for (const request of requests) {
    const encoded = encodeMailRequest(request);
    const last = packs.at(-1);
    bytes += encoded.length + 1;
    if (last && last.length < maxMailsPerPack && bytes <= maxMailPackBytes) last.push(encoded);
    else {
      packs.push([encoded]);
      bytes = encoded.length + 1;
    }
  }
  return packs.map(joinMailPack);
}

export function createMailRepost({ sqs, mailQueueUrl, caller }: MailRepostOptions): MailRepost {
  const sending: Operation = { action: "sqs:SendMessage", resource: mailQueueUrl, construct: "Roles/WorkerRole" };
  return {
    async post(requests, history, delaySeconds, deadline) {
      const confirmed = await Promise.all(
        packsOf(requests).map((body) => {
          const command = new SendMessageCommand({
            QueueUrl: mailQueueUrl,
            MessageBody: body,
            DelaySeconds: Math.min(maxDelaySeconds, Math.ceil(delaySeconds)),
            ...(history.tries + history.doubts > 0 && { MessageAttributes: attributesOf(history) }),
          });
          return caller.attempt(sending, () => sqs.send(command), deadline);
        }),
      );
      return confirmed.every(Boolean);
    },
  };
}
