/** The floor: Fastify takes a POST and answers, with no validation and nothing kept. What it accepts is lost. */
import Fastify from "fastify";

const app = Fastify();
app.post("/registrations", async (_request, reply) => {
  reply.code(202);
  return { status: "pending" };
});
await app.listen({ host: "127.0.0.1", port: 0 });
