/** The usual way to put a queue behind a form: one `SendMessage` for each request, answered when SQS confirmed it. */
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import Fastify from "fastify";
import { submissionSchema } from "../../../shared/registration/submission-schema.ts";
import { acceptedSchema } from "../accepted.ts";
import { readSurroundings } from "../surroundings.ts";

const { event, sqs, queueUrl } = readSurroundings(process.env);
const app = Fastify();
app.post(
  "/registrations",
  { schema: { body: submissionSchema(event), response: { 202: acceptedSchema } } },
  async (request, reply) => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(request.body) }));
    reply.code(202);
    return { status: "pending" };
  },
);
await app.listen({ host: "127.0.0.1", port: 0 });
