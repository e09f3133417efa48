/**
 * Listens as one who expects everybody at once.
 *
 * Node takes one connection from a listener in each turn of its loop (libuv since 1.45, https://github.com/libuv/libuv/pull/3696).
 * A busy tier has long turns: of a few thousand newcomers the last were let in after seven seconds, while the first had long
 * been served. So there are several listeners on the one port, among which Linux spreads the connections (SO_REUSEPORT), and
 * each turn takes one from each of them. See docs/decisions/0008.
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
  /** Of the whole stop, of which this takes a part. */
  readonly stopDeadlineSeconds: number;
}

export interface RushListener {
  /**
   * @returns the URL at which requests are taken
   * @throws an error with the code EADDRINUSE when somebody listens there already
   */
  start(): Promise<string>;
  /** Takes no further connections and settles when every request under way is answered and every connection ended. */
  stop(): Promise<void>;
}

/**
 * Connections that may wait to be taken, for each listener: as many as Linux lets (net.core.somaxconn since 5.4; a smaller one
 * counts). With Node's own 511 the kernel drops the others without a word, and clients knock again after seconds.
 */
const backlog = 4_096;
const listenerCount = 16;
/** Other systems reject to share a port, or do not spread what comes in; they are not what a rush is served from. */
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

/** Whoever shares a port does not notice that another program listens there: so it is asked for alone first. */
async function rejectTakenPort(at: ListenOptions): Promise<void> {
  const probe = createServer();
  await listen(probe, at);
  probe.close();
  await once(probe, "close");
}

/** @returns a listener whose connections are served by the app, with the settings that its own ones have */
async function listenFor({ server }: FastifyInstance, at: ListenOptions): Promise<Server> {
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit("connection", socket));
  await listen(listener, at);
  return listener;
}

async function listen(listener: Server, at: ListenOptions): Promise<void> {
  listener.listen(at);
  await once(listener, "listening");
}
