/** Health and metrics for load balancers, operators and monitoring. */
import { isIP } from "node:net";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import type { Registry } from "../../shared/process/metrics.ts";
import type { Readiness } from "../readiness.ts";

export interface HealthRoutesOptions {
  readonly readiness: Readiness;
  readonly registry: Registry;
}

const privateAddress = /^(::ffff:)?(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^::1$|^f[cd]/i;

/** Requests through the load balancer carry `X-Forwarded-For`, whatever the connection's address. */
function comesFromInside(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? "";
  return request.headers["x-forwarded-for"] === undefined && isIP(address) > 0 && privateAddress.test(address);
}

export const healthRoutes: FastifyPluginAsync<HealthRoutesOptions> = async (app, { readiness, registry }) => {
  app.get("/health", { schema: { summary: "Whether the process lives" } }, async (_request, reply) => {
    reply.header("Cache-Control", "no-store");
    return { status: "ok" };
  });

  app.get("/ready", { schema: { summary: "Whether registrations can be queued" } }, async (_request, reply) => {
    const ready = await readiness.check();
    reply.code(ready ? 200 : 503).header("Cache-Control", "no-store");
    if (!ready) reply.header("Retry-After", 5);
    return { status: ready ? "ready" : "queue unreachable" };
  });

  app.get("/metrics", { schema: { hide: true }, config: { unlisted: true } }, async (request, reply) => {
    if (!comesFromInside(request)) throw new TurnoutError("TURNOUT_NOT_FOUND", "There is nothing at this address.");
    return reply.type(registry.contentType).send(await registry.metrics());
  });
};
