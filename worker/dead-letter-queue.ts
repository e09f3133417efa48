/**
 * Sends what cannot be stored to the SQS dead-letter queue, with its reason. Only then may the message be deleted from
 * the registrations queue.
 */
import { SendMessageCommand, type MessageAttributeValue, type SQSClient } from "@aws-sdk/client-sqs";
import { deadLetterAttributes, type DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";
import type { RetryingCaller } from "./retrying-caller.ts";
import type { Operation } from "../shared/process/system-error.ts";

export interface DeadLetter {
  /** The message's body, or a pack of those entries that failed for one reason. */
  readonly body: string;
  /** Entries in the body; 1 when it is no pack. Default: 1. */
  readonly entries?: number;
  readonly reason: DeadLetterReason;
  /** The error in words, without attendee data. */
  readonly detail: string;
  /** Receive count of its message. */
  readonly attempts: number;
}

export interface DeadLetterQueue {
  /**
   * @param deadline of its message: how long to wait for a free slot. Time during a system error does not count.
   * @returns true when it is on the queue; false when the message must stay: no slot in time, the process stops, or SQS
   *   rejects it (SQS's own redrive then moves the whole message in the end)
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
