/** Ten messages in a receive, a conditional `PutItem` for each, one delete for all. */
import { DeleteMessageBatchCommand } from "@aws-sdk/client-sqs";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { readSurroundings } from "../surroundings.ts";
import { contentOf, deletionsOf, poll } from "./polling.ts";

const { sqs, queueUrl, documents, tableName } = readSurroundings(process.env);

poll({
  sqs,
  queueUrl,
  batchSize: 10,
  async work(messages) {
    await Promise.all(
      messages.map((message) =>
        documents.send(
          new PutCommand({
            TableName: tableName,
            Item: contentOf(message),
            ConditionExpression: "attribute_not_exists(email)",
          }),
        ),
      ),
    );
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: deletionsOf(messages) }));
  },
});
