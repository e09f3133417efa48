/**
 * Follows the connections of an HTTP server: which of them have a request under way, which are idle and for how long. Node
 * tells neither; what it calls idle leaves out a connection on which nothing was ever said. Closing them gracefully is the
 * business of `http-close.ts`, limiting them that of the web tier.
 */
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface HttpConnection {
  readonly socket: Socket;
  /**
   * Response to its newest request, until it was seen to be finished. Answers keep the order of their requests, so when this
   * one is finished all are.
   */
  newest: ServerResponse | undefined;
  /** The response before it, where the newest waits for its turn. */
  previous: ServerResponse | undefined;
  /** Looks since it was last used: about seconds. */
  unusedLooks: number;
}

export interface HttpConnections {
  /** How many are open. */
  count(): number;
  of(socket: Socket): HttpConnection | undefined;
  /** To be told of each new connection. */
  opened(socket: Socket): HttpConnection;
  /**
   * To be told of each request before it is handled.
   * @returns its connection; undefined for a request that came in another way, such as `inject`
   */
  began(response: ServerResponse, socket: Socket): HttpConnection | undefined;
  /** Those without a request under way that were not used for a second at least, longest unused first. */
  idle(): HttpConnection[];
  all(): Iterable<HttpConnection>;
  /** From now on every answer ends its connection, and says so; those under way included. */
  announceEnd(): void;
}

const lookEveryMs = 1_000;

/**
 * @returns the response to its newest request where that waits for its answer, or the answer for the client to read it;
 *   undefined where no request is under way
 */
export function responseUnderWay({ newest }: HttpConnection): ServerResponse | undefined {
  return newest?.writableFinished === false && !newest.destroyed ? newest : undefined;
}

/** An answer that was to be the last one is not, as soon as another request stands behind it. */
function announce({ newest, previous }: HttpConnection): void {
  if (previous && !previous.headersSent) previous.removeHeader("connection");
  if (newest && !newest.headersSent) newest.setHeader("connection", "close");
}

export function createHttpConnections(): HttpConnections {
  const connections = new Map<Socket, HttpConnection>();
  let ending = false;
  let timer: NodeJS.Timeout | undefined;

  /** Also lets go of finished responses: an idle connection must not keep its last one in memory. */
  function look(): void {
    for (const connection of connections.values()) {
      if (responseUnderWay(connection)) continue;
      connection.newest = undefined;
      connection.previous = undefined;
      connection.unusedLooks += 1;
    }
  }

  function closed(socket: Socket): void {
    connections.delete(socket);
    if (connections.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    count: () => connections.size,
    of: (socket) => connections.get(socket),
    opened(socket) {
      const connection: HttpConnection = { socket, newest: undefined, previous: undefined, unusedLooks: 0 };
      connections.set(socket, connection);
      socket.once("close", () => closed(socket));
      timer ??= setInterval(look, lookEveryMs).unref();
      return connection;
    },
    began(response, socket) {
      const connection = connections.get(socket);
      if (!connection) return undefined;
      // A response that waits for the one before it has no socket yet.
      connection.previous = response.socket === null ? connection.newest : undefined;
      connection.newest = response;
      connection.unusedLooks = 0;
      if (ending) announce(connection);
      return connection;
    },
    idle: () =>
      [...connections.values()]
        .filter((connection) => connection.unusedLooks > 0 && !responseUnderWay(connection))
        .toSorted((a, b) => b.unusedLooks - a.unusedLooks),
    all: () => connections.values(),
    announceEnd() {
      ending = true;
      for (const connection of connections.values()) announce(connection);
    },
  };
}

/** @returns the connections of a server that has nobody else who tells of them; to be called before it listens */
export function followConnections(server: Server): HttpConnections {
  const connections = createHttpConnections();
  server.on("connection", (socket: Socket) => void connections.opened(socket));
  server.prependListener("request", (request, response) => void connections.began(response, request.socket));
  return connections;
}
