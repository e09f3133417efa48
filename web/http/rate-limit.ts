/** Rejects the requests of a client that sends more than its share, for every route whose configuration has a limit. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import type { ClientAddresses } from "./client-address.ts";
import type { ClientLimit } from "./client-limit.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Counts the route's requests. */
    readonly clientLimit?: ClientLimit;
  }
}

/**
 * To be called before the routes are added.
 * @param addressOf whose request it is
 * @param isExempt whether an address may send as much as it likes. Default: none may.
 */
export function applyRateLimits(
  app: FastifyInstance,
  addressOf: ClientAddresses["of"],
  isExempt?: (ip: string) => boolean,
): void {
  app.addHook("onRoute", (route) => {
    const clientLimit = route.config?.clientLimit;
    // After the route's own hook: what is shed is not counted.
    if (clientLimit) route.onRequest = [route.onRequest ?? [], limitBy(clientLimit, addressOf, isExempt)].flat();
  });
}

function limitBy(
  clientLimit: ClientLimit,
  addressOf: ClientAddresses["of"],
  isExempt: ((ip: string) => boolean) | undefined,
) {
  return ({ raw, method }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const ip = addressOf(raw);
    const seconds = isExempt?.(ip) ? 0 : clientLimit.secondsToWait(ip);
    if (seconds === 0) return done();
    reply.header("Retry-After", seconds);
    const again = method === "GET" || method === "HEAD" ? "try again" : "send the same again";
    throw new TurnoutError("TURNOUT_RATE_LIMITED", `Please wait a moment and ${again}.`);
  };
}
