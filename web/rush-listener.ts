/**
 * Listens as one who expects everybody at once.
 *
 * Node takes one connection from a listener in each turn of its loop (libuv since 1.45, https://github.com/libuv/libuv/pull/3696).
 * A busy tier has long turns: of a few thousand newcomers the last were let in after seven seconds, while the first had long
 * been served. So there are several listeners on the one port, among which Linux spreads the connections (SO_REUSEPORT), and
 * each turn takes one from each of them. See docs/decisions/0008.
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type ListenOptions, type Server as Door, type Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { closeHttp } from "../shared/http-close.ts";

export interface RushListenerOptions {
  readonly app: FastifyInstance;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Open connections above which further ones are hung up on. */
  readonly maxConnections: number;
}

export interface RushListener {
  /**
   * @returns the URL at which requests are taken
   * @throws an error with the code EADDRINUSE when somebody listens there already
   */
  start(): Promise<string>;
  /** Takes no further connections and settles when every request under way is answered. */
  stop(): Promise<void>;
}

/**
 * Connections that may wait to be taken, for each listener: as many as Linux lets (net.core.somaxconn since 5.4; a smaller one
 * counts). With Node's own 511 the kernel drops the others without a word, and clients knock again after seconds.
 */
const backlog = 4_096;
const listeners = 16;
/** Other systems refuse to share a port, or do not spread what comes in; they are not what a rush is served from. */
const sharesPort = process.platform === "linux";

export function createRushListener({ app, host, port, maxConnections }: RushListenerOptions): RushListener {
  let doors: Door[] = [];
  limitConnections(app, maxConnections);
  return {
    async start() {
      if (sharesPort && port !== 0) await refuseTakenPort({ host, port });
      const listening = { host, port, backlog, reusePort: sharesPort };
      const url = await app.listen(listening);
      const bound = app.server.address() as AddressInfo;
      const further = Array.from({ length: sharesPort ? listeners - 1 : 0 });
      doors = await Promise.all(further.map(() => openDoor(app, { ...listening, port: bound.port })));
      return url;
    },
    stop: () =>
      closeHttp({
        server: app.server,
        close: () => Promise.all([app.close(), ...doors.map((door) => closeDoor(door))]),
      }),
  };
}

/** Counted over all listeners; Node's own limit is one for each. */
function limitConnections({ server }: FastifyInstance, maxConnections: number): void {
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open += 1;
    socket.once("close", () => (open -= 1));
    if (open > maxConnections) socket.destroy();
  });
}

/** Whoever shares a port does not notice that another program listens there: so it is asked for alone first. */
async function refuseTakenPort(at: ListenOptions): Promise<void> {
  const probe = createServer();
  await listen(probe, at);
  await closeDoor(probe);
}

/** @returns a listener whose connections are served by the app, with the settings that its own ones have */
async function openDoor({ server }: FastifyInstance, at: ListenOptions): Promise<Door> {
  const door = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit("connection", socket));
  await listen(door, at);
  return door;
}

async function listen(door: Door, at: ListenOptions): Promise<void> {
  door.listen(at);
  await once(door, "listening");
}

async function closeDoor(door: Door): Promise<void> {
  door.close();
  await once(door, "close");
}
