/**
 * A proxy before the embedded DynamoDB, which allows every web page (`access-control-allow-origin: *`) and any Host:
 * rejects browsers' requests and forwards all others unchanged.
 *
 * The engine listens on a random loopback address, where no page finds it.
 */
import { randomInt } from "node:crypto";
import {
  Agent,
  createServer,
  request as forward,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { browserRejection } from "../browser-rejection.ts";
import { loopback } from "../ports.ts";

export interface EngineAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * @returns a random loopback address, one of 16 million where the system has all of 127.0.0.0/8. macOS has only one;
 *   there a page would have to find the port.
 */
export function hiddenLoopback(platform: NodeJS.Platform): string {
  if (platform === "darwin") return loopback;
  return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

/** Per-connection headers, and what a page could use. */
function isHandedOn(name: string): boolean {
  return !/^(access-control-.*|connection|keep-alive)$/i.test(name);
}

/** @returns a server that is not listening. Closing it ends requests in progress. */
export function createDynamoDbGuard(engine: EngineAddress): Server {
  const agent = new Agent({ keepAlive: true });

  function handOn(request: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers } = request;
    const onward = forward({ ...engine, agent, method, path: url, headers: { ...headers, connection: "keep-alive" } });
    onward.once("response", (answer) => {
      const kept = Object.entries(answer.headers).filter(([name]) => isHandedOn(name));
      response.writeHead(answer.statusCode ?? 502, Object.fromEntries(kept));
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    // The engine is down: the client loses its connection, as without the guard.
    onward.on("error", () => response.destroy());
    response.on("error", () => onward.destroy());
    // The client may give up while a stopped engine holds the request.
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  }

  const server = createServer((request, response) => {
    const rejection = browserRejection(request.headers);
    if (rejection === undefined) return handOn(request, response);
    response.writeHead(403, { "content-type": "text/plain", connection: "close" }).end(`${rejection}\n`);
  });
  // Clients keep connections as long as they like and close them.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.once("close", () => agent.destroy());
  return server;
}
