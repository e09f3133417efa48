/**
 * As Elastic Beanstalk's own daemon has it: it posts each message to the application, which stores it and answers 200. What
 * the daemon itself costs, receiving and deleting, comes on top and is not in this peer's figure.
 */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import Fastify from "fastify";
import { readSurroundings } from "../surroundings.ts";

const { documents, tableName } = readSurroundings(process.env);
const app = Fastify();
app.post("/", async (request) => {
  await documents.send(
    new PutCommand({
      TableName: tableName,
      Item: request.body as Record<string, unknown>,
      ConditionExpression: "attribute_not_exists(email)",
    }),
  );
  return {};
});
await app.listen({ host: "127.0.0.1", port: 0 });
