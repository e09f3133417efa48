/** The floor with request and response schema, as Fastify comes (Ajv): it still keeps nothing of what it accepts. */
import Fastify from "fastify";
import { submissionSchema } from "../../../shared/registration/submission-schema.ts";
import { acceptedSchema } from "../accepted.ts";
import { readSurroundings } from "../surroundings.ts";

const { event } = readSurroundings(process.env);
const app = Fastify();
app.post(
  "/registrations",
  { schema: { body: submissionSchema(event), response: { 202: acceptedSchema } } },
  async (_request, reply) => {
    reply.code(202);
    return { status: "pending" };
  },
);
await app.listen({ host: "127.0.0.1", port: 0 });
