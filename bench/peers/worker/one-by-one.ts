/** One message, one conditional `PutItem`, one delete. */
import { DeleteMessageCommand } from "@aws-sdk/client-sqs";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { readSurroundings } from "../surroundings.ts";
import { contentOf, poll } from "./polling.ts";

const { sqs, queueUrl, documents, tableName } = readSurroundings(process.env);

poll({
  sqs,
  queueUrl,
  batchSize: 1,
  async work(messages) {
    for (const message of messages) {
      await documents.send(
        new PutCommand({
          TableName: tableName,
          Item: contentOf(message),
          ConditionExpression: "attribute_not_exists(email)",
        }),
      );
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }));
    }
  },
});
