/** Puts one pack on the SQS registrations queue: one plain `SendMessage`, which succeeds or fails as a whole. */
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { packCountAttribute } from "../../shared/registration/registration-pack.ts";

/**
 * @returns a function that resolves only when SQS confirmed the pack with the right checksum (the SDK compares the MD5
 *   of the body), and rejects on every error and time-out. The SDK may have sent twice then: registrations carry their
 *   own id, so that does no harm.
 */
export function createPackSender(sqs: SQSClient, queueUrl: string): (body: string, count: number) => Promise<void> {
  return async function sendPack(body, count) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageAttributes: { [packCountAttribute]: { DataType: "Number", StringValue: String(count) } },
      }),
    );
  };
}
