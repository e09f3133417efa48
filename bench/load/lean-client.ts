/**
 * An HTTP client that does as little as one can: prebuilt bytes out, status and length in, on kept-alive sockets without
 * pipelining. For load of a given rate, where the generator must not become the bottleneck; it knows only answers with a
 * Content-Length.
 */
import { connect, type Socket } from "node:net";

export interface LeanAnswer {
  /** 0 when the connection broke or the time was up. */
  readonly status: number;
  /** Seconds of `Retry-After`, if it was there. */
  readonly retryAfterSeconds: number | undefined;
  readonly milliseconds: number;
}

export interface LeanClient {
  /** Sends at once; never rejects. @returns false when all connections are busy and no more are allowed */
  post(path: string, body: string, done: (answer: LeanAnswer) => void): boolean;
  readonly open: number;
  readonly busy: number;
  /** Closes all connections, answered or not. */
  close(): void;
}

export interface LeanClientOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly timeoutMs: number;
}

interface Connection {
  readonly socket: Socket;
  pending: { readonly startedAt: number; readonly done: (answer: LeanAnswer) => void } | undefined;
  received: string;
}

const lengthHeader = /\r\ncontent-length: *(\d+)/i;
const retryHeader = /\r\nretry-after: *(\d+)/i;

export function createLeanClient({ url, maxConnections, timeoutMs }: LeanClientOptions): LeanClient {
  const { hostname, port, host } = new URL(url);
  const connections = new Set<Connection>();
  const idle: Connection[] = [];

  function finish(connection: Connection, status: number, head = ""): void {
    const { pending } = connection;
    connection.pending = undefined;
    connection.received = "";
    if (!pending) return;
    const retry = status === 503 || status === 429 ? retryHeader.exec(head)?.[1] : undefined;
    pending.done({
      status,
      retryAfterSeconds: retry === undefined ? undefined : Number(retry),
      milliseconds: performance.now() - pending.startedAt,
    });
  }

  function read(connection: Connection, text: string): void {
    connection.received += text;
    const end = connection.received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = connection.received.slice(0, end);
    const length = Number(lengthHeader.exec(head)?.[1] ?? 0);
    if (connection.received.length < end + 4 + length) return;
    finish(connection, Number(head.slice(9, 12)), head);
    if (/\r\nconnection: close/i.test(head)) connection.socket.destroy();
    else idle.push(connection);
  }

  function open(): Connection {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const connection: Connection = { socket, pending: undefined, received: "" };
    // One byte is one character, so that lengths in bytes can be compared.
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => read(connection, text));
    socket.setTimeout(timeoutMs, () => {
      if (connection.pending) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      connections.delete(connection);
      const position = idle.indexOf(connection);
      if (position >= 0) idle.splice(position, 1);
      finish(connection, 0);
    });
    connections.add(connection);
    return connection;
  }

  return {
    post(path, body, done) {
      const connection = idle.pop() ?? (connections.size < maxConnections ? open() : undefined);
      if (!connection) return false;
      connection.pending = { startedAt: performance.now(), done };
      connection.socket.write(
        `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\naccept: application/json\r\n` +
          `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      return true;
    },
    get open() {
      return connections.size;
    },
    get busy() {
      return connections.size - idle.length;
    },
    close() {
      for (const { socket } of connections) socket.destroy();
    },
  };
}
