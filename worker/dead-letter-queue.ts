/**
 * Sends what cannot be stored to the SQS dead-letter queue, with its reason. A message is only deleted from the
 * registrations queue after this has succeeded.
 */
import { SendMessageCommand, type MessageAttributeValue, type SQSClient } from "@aws-sdk/client-sqs";
import { deadLetterAttributes, type DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";
import type { RetryingCaller } from "./retrying-caller.ts";
import type { Operation } from "../shared/process/system-error.ts";

export interface DeadLetter {
  /** The message's body as it came, or a pack of those of its entries that could not be stored, for one reason. */
  readonly body: string;
  /** How many entries the body has; 1 for one that is no pack. Default: 1. */
  readonly entries?: number;
  readonly reason: DeadLetterReason;
  /** What was wrong, in words; nothing of the attendee. */
  readonly detail: string;
  /** How often its message was received. */
  readonly attempts: number;
}

export interface DeadLetterQueue {
  /**
   * @param deadline of its message: how long to wait for a turn, since only so many are sent at once
   * @returns true when it is safely on the queue; false when it is not and its message must stay where it is: its turn did
   *   not come in time, the process stops, or SQS rejects it as it stands (then SQS's own redrive takes the whole message
   *   there in the end). While a system error lasts, this waits, and the time does not count.
   */
  send(deadLetter: DeadLetter, deadline: number): Promise<boolean>;
}

export interface DeadLetterQueueOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly caller: RetryingCaller;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly onSent: (reason: DeadLetterReason, entries: number) => void;
}

const maxDetailLength = 1_000;
const unfit = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/g;

function text(value: string): MessageAttributeValue {
  return { DataType: "String", StringValue: value };
}

export function createDeadLetterQueue(options: DeadLetterQueueOptions): DeadLetterQueue {
  const { sqs, queueUrl, caller, wallClock, onSent } = options;
  const sending: Operation = { action: "sqs:SendMessage", resource: queueUrl, construct: "Roles/WorkerRole" };

  function command({ body, reason, detail, attempts }: DeadLetter): SendMessageCommand {
    return new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageAttributes: {
        [deadLetterAttributes.reason]: text(reason),
        [deadLetterAttributes.detail]: text(detail.slice(0, maxDetailLength).replaceAll(unfit, "?") || "-"),
        [deadLetterAttributes.failedAt]: text(new Date(wallClock()).toISOString()),
        [deadLetterAttributes.attempts]: { DataType: "Number", StringValue: String(attempts) },
      },
    });
  }

  return {
    async send(deadLetter, deadline) {
      const sent = await caller.attempt(sending, () => sqs.send(command(deadLetter)), deadline);
      if (sent) onSent(deadLetter.reason, deadLetter.entries ?? 1);
      return sent;
    },
  };
}
