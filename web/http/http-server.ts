/**
 * The web tier's HTTP server: Node's own, with limits per connection that apply before the framework. The number of
 * connections is limited in `connection-limit.ts`.
 */
import { createServer, ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { TurnoutError, type ErrorCode } from "../../shared/errors.ts";
import type { HttpConnections } from "../../shared/http/http-connections.ts";
import type { ConnectionLimit } from "./connection-limit.ts";
import { problemType, toProblem } from "./problem.ts";

export interface HttpServerOptions {
  readonly connections: HttpConnections;
  readonly connectionLimit: ConnectionLimit;
  /** Time a client may take to send a request, head and body. */
  readonly requestTimeoutMs: number;
  /** Time in which nothing is sent or received on a connection. */
  readonly idleTimeoutMs: number;
  /** Called per rejected request, with a fixed word for the reason. */
  readonly onRejected: (code: ErrorCode, reason: string) => void;
  /** Default: Node's own. */
  readonly Response?: typeof ServerResponse<IncomingMessage> | undefined;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Pipelined requests per connection. Browsers and load balancers do not pipeline; otherwise Node would read 64 KiB at a
 * time, over two thousand requests.
 */
const maxPipelined = 16;
const maxCheckingIntervalMs = 2_000;
/** A head is one packet or a few; the time of the whole request is meant for its body. */
const maxHeadersTimeoutMs = 10_000;
const retryAfterSeconds = "2";
/** Served even beyond the limit, so that monitoring works. */
const alwaysAnswered = new Set(["/health", "/ready", "/metrics"]);

interface Pipelining {
  /** Responses that wait, or waited, for the previous one. */
  waiting: number;
  /** Too many were pipelined; the rest is ignored. */
  ended: boolean;
}

/** Answers without the framework and ends the connection. */
function reject(response: ServerResponse, code: ErrorCode, detail: string): void {
  const problem = toProblem(new TurnoutError(code, detail));
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, {
    "content-type": problemType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "retry-after": retryAfterSeconds,
    connection: "close",
  });
  response.end(body);
}

/** Node emits every request in the bytes it has read. This return value makes the parser ignore the rest. */
function stopReading(socket: Socket): void {
  const { parser } = socket as { parser?: { onIncoming: () => number } };
  if (parser) parser.onIncoming = () => 2;
  socket.pause();
}

export function createHttpServer(handler: Handler, options: HttpServerOptions): Server {
  const { connections, connectionLimit, requestTimeoutMs, idleTimeoutMs, onRejected } = options;
  const { Response = ServerResponse } = options;

  const pipelining = new WeakMap<Socket, Pipelining>();

  /** @returns whether the request may be handled; otherwise it is answered or its connection is ending */
  function admitPipelined(response: ServerResponse, socket: Socket): boolean {
    const state = pipelining.get(socket) ?? { waiting: 0, ended: false };
    pipelining.set(socket, state);
    if (state.ended) return false;
    if (state.waiting < maxPipelined) {
      state.waiting += 1;
      response.once("close", () => (state.waiting -= 1));
      return true;
    }
    state.ended = true;
    stopReading(socket);
    onRejected("TURNOUT_RATE_LIMITED", "pipelining");
    reject(
      response,
      "TURNOUT_RATE_LIMITED",
      "Too many requests at once on one connection. Please wait for the answers.",
    );
    return false;
  }

  /** @returns whether there is room; otherwise the request is answered */
  function admitBeyond(request: IncomingMessage, response: ServerResponse): boolean {
    if (alwaysAnswered.has(request.url ?? "")) {
      response.setHeader("connection", "close");
      return true;
    }
    reject(response, "TURNOUT_OVERLOADED", "Nothing was registered. Please send the same again after a while.");
    return false;
  }

  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(maxHeadersTimeoutMs, requestTimeoutMs),
      // Node would set another timer for each wait between requests, and each outlives a collection or two.
      keepAliveTimeout: 0,
      // Node's check for overdue requests: the default of 30 s favours slow attackers.
      connectionsCheckingInterval: Math.min(maxCheckingIntervalMs, requestTimeoutMs),
      ServerResponse: Response,
    },
    (request, response) => {
      const { socket } = request;
      connections.began(response, socket);
      // Only a response that waits for another has no socket yet.
      if (response.socket === null && !admitPipelined(response, socket)) return;
      if (connectionLimit.isBeyond(socket) && !admitBeyond(request, response)) return;
      handler(request, response);
    },
  );
  server.setTimeout(idleTimeoutMs);
  server.on("connection", (socket: Socket) => connectionLimit.opened(socket));
  // A half-closed client may still read the answer.
  return Object.assign(server, { httpAllowHalfOpen: true });
}
