/**
 * Makes every Fastify server created later in this process listen on 127.0.0.1, whatever host it asks for.
 *
 * fauxqs 2.4.1 always binds 0.0.0.0, which would expose attendee data to the network. Fastify publishes each instance
 * on a diagnostics channel (https://fastify.dev/docs/latest/Reference/Hooks/), so the package needs no patch.
 */
import { subscribe } from "node:diagnostics_channel";
import { loopback } from "../ports.ts";

interface Listener {
  listen(options: Record<string, unknown>): unknown;
}

/** Call it before the server is created. Safe to repeat. */
export function listenOnLoopbackOnly(): void {
  subscribe("fastify.initialization", (message) => {
    const { fastify } = message as { fastify: Listener };
    const listen = fastify.listen.bind(fastify);
    fastify.listen = (options) => listen({ ...options, host: loopback });
  });
}
