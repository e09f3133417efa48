/**
 * How many connections the process may have, and what becomes of those beyond it.
 *
 * A newcomer takes the place of the connection that was idle for longest. Where all are at work, a few more are let in, not
 * to be served but to be told so: each gets one answer, 503, or what it asked for where that is health. Beyond these few, the
 * oldest of them that has said nothing makes room; only where there is none is a newcomer hung up on.
 *
 * All of it stays below what the process may open, less a reserve: without descriptors left it could neither reach the queue
 * nor read its own memory.
 */
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import {
  isIdle,
  responseUnderWay,
  type HttpConnection,
  type HttpConnections,
} from "../../shared/http/http-connections.ts";

export interface ConnectionLimit {
  /** To be told of each new connection, which it may close. */
  opened(socket: Socket): void;
  /** @returns whether this connection is beyond the limit: it gets one answer, and no service */
  isBeyond(socket: Socket): boolean;
  figures(): ConnectionFigures;
}

export interface ConnectionFigures {
  readonly open: number;
  readonly limit: number;
  /** Idle ones that were closed for a newcomer, since the start. */
  readonly closedIdle: number;
  /** Newcomers that were beyond the limit, since the start. */
  readonly rejected: number;
}

export interface ConnectionLimitOptions {
  readonly connections: HttpConnections;
  /** Above which there is no service. */
  readonly limit: number;
  /** Called for each newcomer beyond the limit. */
  readonly onRejected: () => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Connections beyond the limit at once. */
const maxBeyond = 64;
/** How long one of them may take to say what it wants. */
const beyondTimeoutMs = 2_000;
/** Looking for idle ones means looking at all. */
const pollIntervalMs = 250;
/**
 * Descriptors that are none of the clients': listeners, the log, the loop and the program's files (about 60), calls to AWS (at
 * most 128 under way), and connections beyond the limit.
 */
const reserved = 256;
/** Where so few may be open that the reserve would leave next to nothing, half of them is the clients'. */
const leastShare = 1 / 2;

/** @returns how many files and sockets this process may have open; undefined where the system does not tell */
export function readDescriptorLimit(file = "/proc/self/limits"): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync(file, "utf8"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** @returns the most connections that may be served: what is configured, or less where the process may not open so many */
export function connectionsWithin(configured: number, descriptors: number | undefined): number {
  if (descriptors === undefined) return configured;
  return Math.min(configured, Math.max(descriptors - reserved, Math.floor(descriptors * leastShare)));
}

export function createConnectionLimit({
  connections,
  limit,
  onRejected,
  now,
}: ConnectionLimitOptions): ConnectionLimit {
  /** In the order in which they came. */
  const beyond = new Map<Socket, HttpConnection>();
  let idle: HttpConnection[] = [];
  let polledAt = -Infinity;
  let closedIdle = 0;
  let rejected = 0;

  /** @returns whether one was closed */
  function closeLongestIdle(): boolean {
    if (idle.length === 0 && now() - polledAt >= pollIntervalMs) {
      polledAt = now();
      // The longest idle one last, to be taken first.
      idle = connections.idle().toReversed();
    }
    for (let connection = idle.pop(); connection; connection = idle.pop()) {
      if (connection.socket.destroyed || !isIdle(connection)) continue;
      connection.socket.destroy();
      closedIdle += 1;
      return true;
    }
    return false;
  }

  function letInBeyond(connection: HttpConnection): void {
    rejected += 1;
    onRejected();
    if (beyond.size >= maxBeyond) {
      const silent = [...beyond.values()].find((other) => !responseUnderWay(other));
      (silent ?? connection).socket.destroy();
      if (!silent) return;
      beyond.delete(silent.socket);
    }
    const { socket } = connection;
    beyond.set(socket, connection);
    socket.setTimeout(beyondTimeoutMs);
    socket.once("close", () => beyond.delete(socket));
  }

  return {
    opened(socket) {
      const connection = connections.opened(socket);
      if (connections.count() - beyond.size <= limit || closeLongestIdle()) return;
      letInBeyond(connection);
    },
    isBeyond: (socket) => beyond.size > 0 && beyond.has(socket),
    figures: () => ({ open: connections.count(), limit, closedIdle, rejected }),
  };
}
