/**
 * Makes every Fastify server that is built in this process afterwards reject what a web page sends. Like the address in
 * `loopback.ts`, it is set from outside: fauxqs has no option for it.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingHttpHeaders } from "node:http";
import { browserRejection } from "../browser-rejection.ts";

interface Reply {
  code(status: number): Reply;
  type(contentType: string): Reply;
  send(text: string): Reply;
}

interface Server {
  addHook(
    name: "onRequest",
    hook: (request: { readonly headers: IncomingHttpHeaders }, reply: Reply) => Promise<Reply | undefined>,
  ): unknown;
}

/** Call it before the server is built. */
export function rejectBrowsers(): void {
  subscribe("fastify.initialization", (message) => {
    const { fastify } = message as { fastify: Server };
    fastify.addHook("onRequest", async ({ headers }, reply) => {
      const rejection = browserRejection(headers);
      return rejection === undefined ? undefined : reply.code(403).type("text/plain").send(`${rejection}\n`);
    });
  });
}
