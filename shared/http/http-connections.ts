/**
 * Tracks an HTTP server's connections: which have a request in progress, which are idle and for how long. Node tells
 * neither: its idle connections exclude those that never sent anything. Closing is done in `http-close.ts`, limiting in
 * the web tier.
 *
 * Nothing is kept per request: objects that outlive their request cost the garbage collector a tenth of the web tier's
 * CPU time.
 */
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface HttpConnection {
  readonly socket: Socket;
  /** Only with pipelined requests: the response to the newest of them. */
  newest: ServerResponse | undefined;
  /** The response before that. */
  previous: ServerResponse | undefined;
  /** Bytes received at the last poll. */
  bytesRead: number;
  /** Polls since something was received: about seconds. */
  unusedPolls: number;
}

export interface HttpConnections {
  /** How many are open. */
  count(): number;
  of(socket: Socket): HttpConnection | undefined;
  /** To be called with each new connection. */
  opened(socket: Socket): HttpConnection;
  /** To be called with each request before it is handled. */
  began(response: ServerResponse, socket: Socket): void;
  /** Without a request in progress and unused for at least a second, longest unused first. */
  idle(): HttpConnection[];
  all(): Iterable<HttpConnection>;
  /** From now on every answer closes its connection and says so, those in progress included. */
  announceEnd(): void;
}

const pollIntervalMs = 1_000;

/**
 * @returns the response in progress on it, waiting for the answer or for the client to read it; undefined when there is
 *   none
 */
export function responseUnderWay({ socket, newest }: HttpConnection): ServerResponse | undefined {
  // Answers keep the order of requests, so this is the oldest one. Undocumented, but used by Node's
  // `closeIdleConnections`; tests check it.
  const { _httpMessage: first } = socket as Socket & { _httpMessage?: ServerResponse | null };
  return newest ?? first ?? undefined;
}

/** @returns whether it has no request in progress and was unused for at least a second */
export function isIdle(connection: HttpConnection): boolean {
  const { socket, bytesRead, unusedPolls } = connection;
  return unusedPolls > 0 && socket.bytesRead === bytesRead && !responseUnderWay(connection);
}

/** A final answer is not final when another request follows. */
function announce(connection: HttpConnection): void {
  const { previous } = connection;
  const response = responseUnderWay(connection);
  if (previous && !previous.headersSent) previous.removeHeader("connection");
  if (response && !response.headersSent) response.setHeader("connection", "close");
}

/** Keeps the last two waiting responses until the last one is sent. */
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
      // Only a response that waits for another has no socket yet.
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

/** @returns the connections of a server; call it before the server listens */
export function followConnections(server: Server): HttpConnections {
  const connections = createHttpConnections();
  server.on("connection", (socket: Socket) => void connections.opened(socket));
  server.prependListener("request", (request, response) => connections.began(response, request.socket));
  return connections;
}
