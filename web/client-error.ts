/**
 * Answers what is not even a request: bytes that are no HTTP, heads that are too large, requests that never end. There is no
 * reply object then, only a socket; the answer is the same problem document as everywhere, and the connection ends.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { TurnoutError } from "../shared/errors.ts";
import { problemType, toProblem } from "./problem.ts";

const statusByCode: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** @param socket the connection; it is ended, with an answer if there is still somebody to read it */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusByCode[error.code ?? ""] ?? 400;
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
}
