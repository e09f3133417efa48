/**
 * Answers what is not a valid request: no HTTP, oversized heads, requests that never end. There is only a socket, which
 * gets the usual problem document and is closed.
 *
 * Earlier requests on the connection are answered first: one may be a registration on its way to the queue, and its
 * sender must learn that it was accepted.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { TurnoutError } from "../../shared/errors.ts";
import { responseUnderWay, type HttpConnections } from "../../shared/http/http-connections.ts";
import { problemType, toProblem } from "./problem.ts";

const statusByCode: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** Closing with unread bytes resets the connection, which can overtake the answer; so they are read for a while. */
const lingerMs = 1_000;

/** @returns a `clientError` handler that ends the connection, with an answer if it can still be written */
export function createClientErrorHandler(
  connections: HttpConnections,
): (error: Error & { code?: string }, socket: Socket) => void {
  /** Each further chunk of a broken stream raises the error again. */
  const ending = new WeakSet<Socket>();

  return function answerClientError(error, socket) {
    if (error.code === "ECONNRESET" || (!socket.writable && !ending.has(socket))) {
      socket.destroy();
      return;
    }
    if (ending.has(socket)) return;
    ending.add(socket);
    const status = statusByCode[error.code ?? ""] ?? 400;
    const connection = connections.of(socket);
    const response = connection && responseUnderWay(connection);
    if (!response) {
      endWith(socket, status);
      return;
    }
    socket.pause();
    if (response.req.complete) {
      response.once("close", () => endWith(socket, status));
    } else if (response.socket === null && connection.previous) {
      // The broken body belongs to a request that waits for the previous answer.
      connection.previous.once("close", () => endWith(socket, status));
    } else if (response.headersSent) {
      // It was rejected early and already has its answer.
      response.once("close", () => socket.destroySoon());
    } else {
      endWith(socket, status);
    }
  };
}

function endWith(socket: Socket, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const problem = toProblem(new TurnoutError("TURNOUT_REQUEST_INVALID", "This is not a complete HTTP request."));
  const body = JSON.stringify({ ...problem, status });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "Connection: close",
      `Content-Type: ${problemType}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(linger));
}
