import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { createHttpConnections, type HttpConnections } from "../../../shared/http/http-connections.ts";
import {
  connectionsWithin,
  createConnectionLimit,
  readDescriptorLimit,
  type ConnectionLimit,
} from "../../../web/http/connection-limit.ts";
import { eventually } from "../../equipment/eventually.ts";
import { createManualClock, type ManualClock } from "../../equipment/manual-clock.ts";

interface Started {
  readonly connections: HttpConnections;
  readonly limit: ConnectionLimit;
  readonly clock: ManualClock;
  readonly held: ServerResponse[];
  open(): Promise<Socket>;
  /** Opens one and has a request under way on it. */
  openBusy(): Promise<Socket>;
  rejected(): number;
}

async function start(test: Test, limit: number): Promise<Started> {
  const held: ServerResponse[] = [];
  let rejected = 0;
  const clock = createManualClock(1_000_000);
  const connections = createHttpConnections();
  const connectionLimit = createConnectionLimit({
    connections,
    limit,
    onRejected: () => (rejected += 1),
    now: clock.now,
  });
  const server = createServer((request, response) => {
    connections.began(response, request.socket);
    held.push(response);
  });
  let taken = 0;
  server.on("connection", (socket: Socket) => {
    connectionLimit.opened(socket);
    taken += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  async function open(): Promise<Socket> {
    const before = taken;
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
    socket.resume();
    test.teardown(() => socket.destroy());
    await once(socket, "connect");
    await eventually(() => taken > before, "it was taken");
    return socket;
  }
  return {
    connections,
    limit: connectionLimit,
    clock,
    held,
    open,
    async openBusy() {
      const before = held.length;
      const socket = await open();
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await eventually(() => held.length > before, "its request came");
      return socket;
    },
    rejected: () => rejected,
  };
}

const isClosed = (socket: Socket) => socket.destroyed || socket.readableEnded;

t.test("a newcomer takes the place of the connection that was idle for longest, and is served", async (t) => {
  const { limit, connections, clock, open, rejected } = await start(t, 3);
  const oldest = await open();
  await eventually(() => connections.idle().length === 1, "it is idle", 20_000);
  const others = [await open(), await open()];
  await eventually(() => connections.idle().length === 3, "all are idle", 20_000);
  const newcomer = await open();
  await eventually(() => isClosed(oldest), "it made room");
  t.notOk(others.some(isClosed));
  t.notOk(isClosed(newcomer));
  clock.advance(1_000);
  t.match(limit.figures(), { open: 3, limit: 3, closedIdle: 1, rejected: 0 });
  t.equal(rejected(), 0);
});

t.test(
  "none that has a request under way is closed for a newcomer, who is let in to be told that there is no room",
  async (t) => {
    const { limit, connections, openBusy, open, rejected } = await start(t, 2);
    const busy = [await openBusy(), await openBusy()];
    const newcomer = await open();
    t.notOk([...busy, newcomer].some(isClosed));
    const beyond = [...connections.all()].map(({ socket }) => limit.isBeyond(socket));
    t.same(beyond, [false, false, true]);
    t.match(limit.figures(), { open: 3, rejected: 1, closedIdle: 0 });
    t.equal(rejected(), 1);
  },
);

t.test(
  "of those beyond the limit there are few, and the oldest that says nothing makes room for the next",
  async (t) => {
    const { limit, openBusy, open } = await start(t, 1);
    await openBusy();
    const silent: Socket[] = [];
    for (let n = 0; n < 64; n += 1) silent.push(await open());
    t.notOk(silent.some(isClosed));
    const next = await open();
    await eventually(() => isClosed(silent[0]!), "the oldest made room");
    t.notOk(isClosed(silent[1]!));
    t.notOk(isClosed(next));
    t.equal(limit.figures().rejected, 65);
  },
);

t.test("one beyond the limit that says nothing is hung up on by itself", async (t) => {
  const { openBusy, open } = await start(t, 1);
  const busy = await openBusy();
  const silent = await open();
  await eventually(() => isClosed(silent), "it was hung up on", 20_000);
  t.notOk(isClosed(busy));
});

t.test("those that end make room again", async (t) => {
  const { limit, connections, openBusy } = await start(t, 2);
  const [first] = [await openBusy(), await openBusy()];
  first.destroy();
  await eventually(() => connections.count() === 1, "it is gone");
  await openBusy();
  t.match(limit.figures(), { open: 2, rejected: 0, closedIdle: 0 });
});

t.test(
  "the most there may be is what the process may open, less a reserve, and never more than is configured",
  async (t) => {
    t.equal(connectionsWithin(20_000, undefined), 20_000);
    t.equal(connectionsWithin(20_000, 65_536), 20_000);
    t.ok(connectionsWithin(20_000, 20_000) < 20_000 - 200);
    t.equal(connectionsWithin(20_000, 400), 200, "half of them, where the reserve would leave next to nothing");
    t.equal(connectionsWithin(100, 400), 100);
  },
);

t.test("what the process may open is read from the system, where the system tells", async (t) => {
  const limits = join(t.testdir(), "limits");
  writeFileSync(
    limits,
    "Limit                     Soft Limit           Hard Limit           Units\nMax open files            400                  4096                 files\n",
  );
  t.equal(readDescriptorLimit(limits), 400);
  t.equal(readDescriptorLimit(join(limits, "nowhere")), undefined);
  if (process.platform === "linux") t.ok(readDescriptorLimit()! > 0);
});
