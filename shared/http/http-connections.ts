/**
 * Follows the connections of an HTTP server: which of them have a request under way, which are idle and for how long. Node
 * tells neither; what it calls idle leaves out a connection on which nothing was ever said. Closing them gracefully is the
 * business of `http-close.ts`, limiting them that of the web tier.
 *
 * A request costs next to nothing here: nothing is kept of it, since what outlives its request is copied by the garbage
 * collector, and that alone was a tenth of the web tier's CPU time.
 */
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface HttpConnection {
  readonly socket: Socket;
  /** Only while requests wait for the answer to the one before: the response to the newest of them. */
  newest: ServerResponse | undefined;
  /** The response before that. */
  previous: ServerResponse | undefined;
  /** Bytes that had come in at the last look. */
  bytesRead: number;
  /** Looks since something came in: about seconds. */
  unusedPolls: number;
}

export interface HttpConnections {
  /** How many are open. */
  count(): number;
  of(socket: Socket): HttpConnection | undefined;
  /** To be told of each new connection. */
  opened(socket: Socket): HttpConnection;
  /** To be told of each request before it is handled. */
  began(response: ServerResponse, socket: Socket): void;
  /** Those without a request under way that were not used for a second at least, longest unused first. */
  idle(): HttpConnection[];
  all(): Iterable<HttpConnection>;
  /** From now on every answer ends its connection, and says so; those under way included. */
  announceEnd(): void;
}

const pollIntervalMs = 1_000;

/**
 * @returns the response to its newest request where that waits for its answer, or the answer for the client to read it;
 *   undefined where no request is under way
 */
export function responseUnderWay({ socket, newest }: HttpConnection): ServerResponse | undefined {
  // Answers keep the order of their requests, so this is the one to the oldest. Not documented, but what Node's own
  // `closeIdleConnections` goes by; the tests of this file hold it.
  const { _httpMessage: first } = socket as Socket & { _httpMessage?: ServerResponse | null };
  return newest ?? first ?? undefined;
}

/** @returns whether it has no request under way and was not used for a second at least */
export function isIdle(connection: HttpConnection): boolean {
  const { socket, bytesRead, unusedPolls } = connection;
  return unusedPolls > 0 && socket.bytesRead === bytesRead && !responseUnderWay(connection);
}

/** An answer that was to be the last one is not, as soon as another request stands behind it. */
function announce(connection: HttpConnection): void {
  const { previous } = connection;
  const response = responseUnderWay(connection);
  if (previous && !previous.headersSent) previous.removeHeader("connection");
  if (response && !response.headersSent) response.setHeader("connection", "close");
}

/** Keeps the last two of the responses that wait for others, until the last one is out. */
function follow(connection: HttpConnection, response: ServerResponse): void {
  connection.previous = responseUnderWay(connection);
  connection.newest = response;
  response.once("close", () => {
    if (connection.newest !== response) return;
    connection.newest = undefined;
    connection.previous = undefined;
  });
}

export function createHttpConnections(): HttpConnections {
  const connections = new Map<Socket, HttpConnection>();
  let ending = false;
  let timer: NodeJS.Timeout | undefined;

  function poll(): void {
    for (const connection of connections.values()) {
      const { bytesRead } = connection.socket;
      const unused = bytesRead === connection.bytesRead && !responseUnderWay(connection);
      connection.unusedPolls = unused ? connection.unusedPolls + 1 : 0;
      connection.bytesRead = bytesRead;
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
      const connection = { socket, newest: undefined, previous: undefined, bytesRead: 0, unusedPolls: 0 };
      connections.set(socket, connection);
      socket.once("close", () => closed(socket));
      timer ??= setInterval(poll, pollIntervalMs).unref();
      return connection;
    },
    began(response, socket) {
      // Only a response that waits for another one has no socket yet.
      const waits = response.socket === null;
      if (!waits && !ending) return;
      const connection = connections.get(socket);
      if (!connection) return;
      if (waits) follow(connection, response);
      if (ending) announce(connection);
    },
    idle: () => [...connections.values()].filter(isIdle).toSorted((a, b) => b.unusedPolls - a.unusedPolls),
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
  server.prependListener("request", (request, response) => connections.began(response, request.socket));
  return connections;
}
