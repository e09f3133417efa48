/**
 * Answers what is not even a request: bytes that are no HTTP, heads that are too large, requests that never end. There is no
 * reply object then, only a socket; the answer is the same problem document as everywhere, and the connection ends.
 *
 * Requests before it on the same connection are answered first: one of them may be a registration that is on its way to the
 * queue, and whoever sent it has to learn that it was accepted.
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

/** A connection that is closed with bytes unread is reset, and the reset may overtake the answer; so they are read, for a while. */
const lingerMs = 1_000;

/** @returns the handler of a server's `clientError`, which ends the connection, with an answer if there is still somebody to read it */
export function createClientErrorHandler(
  connections: HttpConnections,
): (error: Error & { code?: string }, socket: Socket) => void {
  /** Each further piece of a broken stream is an error again. */
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
      // What is broken is the body of a request that waits for the answer to the one before.
      connection.previous.once("close", () => endWith(socket, status));
    } else if (response.headersSent) {
      // It was rejected before all of it was there, so it has its answer.
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
