/** Health and metrics for load balancers, operators and monitoring. */
import { isIP } from "node:net";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { AcceptanceWatch } from "../../shared/acceptance/acceptance-watch.ts";
import { TurnoutError } from "../../shared/errors.ts";
import type { Registry } from "../../shared/process/metrics.ts";
import type { Readiness } from "../readiness.ts";

export interface HealthRoutesOptions {
  readonly readiness: Readiness;
  readonly registry: Registry;
  readonly acceptance: Pick<AcceptanceWatch, "isPaused" | "ageSeconds">;
  /** Whether an address is that of a proxy of ours. */
  readonly isProxy: (address: string) => boolean;
}

const ownAddress = /^(::ffff:)?127\.|^::1$/;
const privateAddress = /^(::ffff:)?(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^f[cd]/i;

/**
 * Requests through a load balancer carry `X-Forwarded-For`. Should one come without it, the connection is still that of a
 * proxy, which asks for nothing here itself; on this machine it may be anybody's who is on it.
 */
function comesFromInside({ socket, headers }: FastifyRequest, isProxy: (address: string) => boolean): boolean {
  const address = socket.remoteAddress ?? "";
  if (headers["x-forwarded-for"] !== undefined || isIP(address) === 0) return false;
  return ownAddress.test(address) || (privateAddress.test(address) && !isProxy(address));
}

export const healthRoutes: FastifyPluginAsync<HealthRoutesOptions> = async (app, options) => {
  const { readiness, registry, acceptance, isProxy } = options;
  app.get("/health", { schema: { summary: "Whether the process lives" } }, async (_request, reply) => {
    reply.header("Cache-Control", "no-store");
    const age = acceptance.ageSeconds();
    // A paused instance is healthy: replacing it would change nothing.
    return {
      status: "ok",
      acceptance: acceptance.isPaused() ? "paused" : "open",
      acceptanceReadSecondsAgo: age === undefined ? null : Math.round(age),
    };
  });

  app.get("/ready", { schema: { summary: "Whether registrations can be queued" } }, async (_request, reply) => {
    const ready = await readiness.check();
    reply.code(ready ? 200 : 503).header("Cache-Control", "no-store");
    if (!ready) reply.header("Retry-After", 5);
    return { status: ready ? "ready" : "queue unreachable" };
  });

  app.get("/metrics", { schema: { hide: true }, config: { unlisted: true } }, async (request, reply) => {
    if (!comesFromInside(request, isProxy))
      throw new TurnoutError("TURNOUT_NOT_FOUND", "There is nothing at this address.");
    return reply.type(registry.contentType).send(await registry.metrics());
  });
};
