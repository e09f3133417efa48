/** Sends one pack to the SQS registrations queue in one `SendMessage`, which succeeds or fails as a whole. */
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { packCountAttribute } from "../../shared/registration/registration-pack.ts";
import { beginSend, traceAttributes } from "../../shared/tracing/message-traces.ts";
import { inSpan, type Span, type Tracing } from "../../shared/tracing/tracing.ts";

/** @param spans of registrations in it that are traced. Default: none is. */
export type PackSender = (body: string, count: number, spans?: readonly Span[]) => Promise<void>;

/**
 * @param tracing which sends are spans of. Default: none are.
 * @returns a function that resolves only when SQS confirmed the pack with the right MD5 (checked by the SDK), and
 *   rejects on every error and timeout. The SDK may then have sent it twice: harmless, as registrations carry their own
 *   id.
 */
export function createPackSender(sqs: SQSClient, queueUrl: string, tracing?: Tracing): PackSender {
  return async function sendPack(body, count, spans) {
    const message = {
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageAttributes: { [packCountAttribute]: { DataType: "Number", StringValue: String(count) } },
    };
    const span = spans && tracing && beginSend(tracing, spans, queueUrl, count);
    if (span) Object.assign(message.MessageAttributes, traceAttributes(span));
    await inSpan(span, () => sqs.send(new SendMessageCommand(message)));
  };
}
