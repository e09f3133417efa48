/** Ten messages in a receive, one `BatchWriteItem` for all, one delete for all. A late duplicate overwrites the first. */
import { DeleteMessageBatchCommand } from "@aws-sdk/client-sqs";
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { readSurroundings } from "../surroundings.ts";
import { contentOf, deletionsOf, poll } from "./polling.ts";

const { sqs, queueUrl, documents, tableName } = readSurroundings(process.env);

poll({
  sqs,
  queueUrl,
  batchSize: 10,
  async work(messages) {
    const requests = messages.map((message) => ({ PutRequest: { Item: contentOf(message) } }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [tableName]: requests } }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: deletionsOf(messages) }));
  },
});
