/**
 * Stands before the embedded DynamoDB, which says to every page that it may read (`access-control-allow-origin: *`) and
 * takes any Host: rejects what a web page sends and hands everything else on as it comes, both ways.
 *
 * The engine itself listens where no page finds it: on an address of the loopback network that is made up for each start.
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
 * @returns an address of this machine alone: one of 16 million, where the system has all of 127.0.0.0/8. macOS has only the
 *   one; there a page would have to find the port.
 */
export function hiddenLoopback(platform: NodeJS.Platform): string {
  if (platform === "darwin") return loopback;
  return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

/** What one connection has of its own, and a page could be told. */
function isHandedOn(name: string): boolean {
  return !/^(access-control-.*|connection|keep-alive)$/i.test(name);
}

/** @returns a server that is not listening yet. Closing it ends what is under way. */
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
    // An engine that is down, or goes down: whoever asked loses the connection, as without the guard.
    onward.on("error", () => response.destroy());
    response.on("error", () => onward.destroy());
    // Whoever asked may give up, while a stopped engine holds the request.
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  }

  const server = createServer((request, response) => {
    const rejection = browserRejection(request.headers);
    if (rejection === undefined) return handOn(request, response);
    response.writeHead(403, { "content-type": "text/plain", connection: "close" }).end(`${rejection}\n`);
  });
  // The engine's clients keep connections for as long as they like; it is for them to close.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.once("close", () => agent.destroy());
  return server;
}
