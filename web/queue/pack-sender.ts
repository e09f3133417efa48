/** Sends one pack to the SQS registrations queue in one `SendMessage`, which succeeds or fails as a whole. */
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { packCountAttribute } from "../../shared/registration/registration-pack.ts";

/**
 * @returns a function that resolves only when SQS confirmed the pack with the right MD5 (checked by the SDK), and
 *   rejects on every error and timeout. The SDK may then have sent it twice: harmless, as registrations carry their own
 *   id.
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
