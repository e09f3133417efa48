/**
 * Several listeners on one port, to accept a rush of connections.
 *
 * Node accepts one connection per listener and event loop turn (libuv since 1.45,
 * https://github.com/libuv/libuv/pull/3696). With long turns, the last of a few thousand clients waited seven seconds.
 * With several listeners that share the port (SO_REUSEPORT on Linux), each turn accepts one from each. See
 * docs/decisions/0008.
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type ListenOptions, type Server } from "node:net";
import type { FastifyInstance } from "fastify";
import { closeHttp } from "../../shared/http/http-close.ts";
import type { HttpConnections } from "../../shared/http/http-connections.ts";

export interface RushListenerOptions {
  readonly app: FastifyInstance;
  /** Those of the app's server. */
  readonly connections: HttpConnections;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Of the whole stop; this uses part of it. */
  readonly stopDeadlineSeconds: number;
}

export interface RushListener {
  /**
   * @returns the URL it listens on
   * @throws an error with the code EADDRINUSE when the port is taken
   */
  start(): Promise<string>;
  /** Stops accepting; resolves when all requests are answered and all connections closed. */
  stop(): Promise<void>;
}

/**
 * Accept backlog per listener, up to Linux's limit (net.core.somaxconn, 4,096 since 5.4). With Node's 511 the kernel
 * drops further connections silently, and clients retry after seconds.
 */
const backlog = 4_096;
const listenerCount = 16;
/** Other systems do not share ports or do not spread connections; no rush is served from them. */
const sharesPort = process.platform === "linux";

export function createRushListener({
  app,
  connections,
  host,
  port,
  stopDeadlineSeconds,
}: RushListenerOptions): RushListener {
  let further: Server[] = [];
  return {
    async start() {
      if (sharesPort && port !== 0) await rejectTakenPort({ host, port });
      const listening = { host, port, backlog, reusePort: sharesPort };
      const url = await app.listen(listening);
      const bound = app.server.address() as AddressInfo;
      const wanted = Array.from({ length: sharesPort ? listenerCount - 1 : 0 });
      further = await Promise.all(wanted.map(() => listenFor(app, { ...listening, port: bound.port })));
      return url;
    },
    stop: () =>
      closeHttp({ connections, listeners: [app.server, ...further], close: () => app.close() }, stopDeadlineSeconds),
  };
}

/** With a shared port, another program on it would go unnoticed, so it is first bound exclusively. */
async function rejectTakenPort(at: ListenOptions): Promise<void> {
  const probe = createServer();
  await listen(probe, at);
  probe.close();
  await once(probe, "close");
}

/** @returns a listener whose connections the app serves with its own settings */
async function listenFor({ server }: FastifyInstance, at: ListenOptions): Promise<Server> {
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit("connection", socket));
  await listen(listener, at);
  return listener;
}

async function listen(listener: Server, at: ListenOptions): Promise<void> {
  listener.listen(at);
  await once(listener, "listening");
}
