/**
 * The usual improvement: up to ten requests share a `SendMessageBatch`, which leaves when it is full or five milliseconds
 * after its first. Each request is answered for its own entry.
 */
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import Fastify from "fastify";
import { submissionSchema } from "../../../shared/registration/submission-schema.ts";
import { acceptedSchema } from "../accepted.ts";
import { readSurroundings } from "../surroundings.ts";

interface Entry extends PromiseWithResolvers<void> {
  readonly body: string;
}

const batchSize = 10;
const lingerMs = 5;
const { event, sqs, queueUrl } = readSurroundings(process.env);
let gathering: Entry[] = [];
let timer: NodeJS.Timeout | undefined;

async function flush(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const batch = gathering;
  gathering = [];
  try {
    const { Successful = [] } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: batch.map(({ body }, index) => ({ Id: String(index), MessageBody: body })),
      }),
    );
    const confirmed = new Set(Successful.map(({ Id }) => Id));
    for (const [index, entry] of batch.entries()) {
      if (confirmed.has(String(index))) entry.resolve();
      else entry.reject(new Error("SQS did not take this entry"));
    }
  } catch (error) {
    for (const entry of batch) entry.reject(error);
  }
}

function enqueue(body: string): Promise<void> {
  const entry: Entry = { body, ...Promise.withResolvers<void>() };
  gathering.push(entry);
  if (gathering.length === batchSize) void flush();
  else timer ??= setTimeout(() => void flush(), lingerMs);
  return entry.promise;
}

const app = Fastify();
app.post(
  "/registrations",
  { schema: { body: submissionSchema(event), response: { 202: acceptedSchema } } },
  async (request, reply) => {
    await enqueue(JSON.stringify(request.body));
    reply.code(202);
    return { status: "pending" };
  },
);
await app.listen({ host: "127.0.0.1", port: 0 });
