/**
 * Limits the open connections.
 *
 * A new connection replaces the longest idle one. When all are busy, a few more are accepted only to get one answer:
 * 503, or health. Beyond those, the oldest that has sent nothing is closed; if there is none, the new one is.
 *
 * The limit stays below the descriptor limit less a reserve: without descriptors the process could not reach the queue.
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
  /** To be called with each new connection, which it may close. */
  opened(socket: Socket): void;
  /** @returns whether this connection is beyond the limit: one answer, no service */
  isBeyond(socket: Socket): boolean;
  figures(): ConnectionFigures;
}

export interface ConnectionFigures {
  readonly open: number;
  readonly limit: number;
  /** Idle connections closed for new ones, since the start. */
  readonly closedIdle: number;
  /** Connections beyond the limit, since the start. */
  readonly rejected: number;
}

export interface ConnectionLimitOptions {
  readonly connections: HttpConnections;
  /** Limit of served connections. */
  readonly limit: number;
  /** Called per connection beyond the limit. */
  readonly onRejected: () => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Connections beyond the limit held at once. */
const maxBeyond = 64;
/** How long one of them may take to send its request. */
const beyondTimeoutMs = 2_000;
/** Finding idle connections scans all of them. */
const pollIntervalMs = 250;
/**
 * Descriptors not used by clients: listeners, log, event loop and program files (about 60), AWS calls (at most 128),
 * and connections beyond the limit.
 */
const reserved = 256;
/** With a very low descriptor limit, half of it is for clients. */
const leastShare = 1 / 2;

/** @returns the process's descriptor limit; undefined where the system does not tell */
export function readDescriptorLimit(file = "/proc/self/limits"): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync(file, "utf8"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** @returns the limit of served connections: as configured, or less when the descriptor limit requires it */
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
  /** In order of arrival. */
  const beyond = new Map<Socket, HttpConnection>();
  let idle: HttpConnection[] = [];
  let polledAt = -Infinity;
  let closedIdle = 0;
  let rejected = 0;

  /** @returns whether one was closed */
  function closeLongestIdle(): boolean {
    if (idle.length === 0 && now() - polledAt >= pollIntervalMs) {
      polledAt = now();
      // The longest idle last, to be popped first.
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
