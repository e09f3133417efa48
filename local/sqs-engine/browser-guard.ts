/**
 * Makes every Fastify server created later in this process reject web pages. Set from outside like the address in
 * `loopback.ts`, since fauxqs has no option for it.
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

/** Call it before the server is created. */
export function rejectBrowsers(): void {
  subscribe("fastify.initialization", (message) => {
    const { fastify } = message as { fastify: Server };
    fastify.addHook("onRequest", async ({ headers }, reply) => {
      const rejection = browserRejection(headers);
      return rejection === undefined ? undefined : reply.code(403).type("text/plain").send(`${rejection}\n`);
    });
  });
}
