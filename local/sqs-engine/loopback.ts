/**
 * Makes every Fastify server that is built in this process afterwards listen on 127.0.0.1, whatever host it asks for.
 *
 * fauxqs 2.4.1 always binds 0.0.0.0, which would offer attendees' data to the whole network, and has no option for it.
 * Fastify publishes each new instance on a diagnostics channel (https://fastify.dev/docs/latest/Reference/Hooks/), so
 * the address can be set from outside without a changed copy of the package.
 */
import { subscribe } from "node:diagnostics_channel";
import { loopback } from "../ports.ts";

interface Listener {
  listen(options: Record<string, unknown>): unknown;
}

/** Call it before the server is built. Calling it twice changes nothing more. */
export function listenOnLoopbackOnly(): void {
  subscribe("fastify.initialization", (message) => {
    const { fastify } = message as { fastify: Listener };
    const listen = fastify.listen.bind(fastify);
    fastify.listen = (options) => listen({ ...options, host: loopback });
  });
}
