/** No queue at all: a conditional `PutItem` for each request, so that the first registration of an address wins. */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import Fastify from "fastify";
import { submissionSchema } from "../../../shared/registration/submission-schema.ts";
import { acceptedSchema } from "../accepted.ts";
import { readSurroundings } from "../surroundings.ts";

const { event, documents, tableName } = readSurroundings(process.env);
const app = Fastify();
app.post(
  "/registrations",
  { schema: { body: submissionSchema(event), response: { 202: acceptedSchema } } },
  async (request, reply) => {
    await documents.send(
      new PutCommand({
        TableName: tableName,
        Item: request.body as Record<string, unknown>,
        ConditionExpression: "attribute_not_exists(email)",
      }),
    );
    reply.code(202);
    return { status: "pending" };
  },
);
await app.listen({ host: "127.0.0.1", port: 0 });
