import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { connect, createServer as createListener, type AddressInfo, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { closeHttp } from "../../../shared/http/http-close.ts";
import { followConnections, type HttpConnections } from "../../../shared/http/http-connections.ts";
import { eventually, stretched } from "../../equipment/eventually.ts";

interface Started {
  readonly server: Server;
  readonly port: number;
  readonly connections: HttpConnections;
  /** Requests that are not answered yet. */
  readonly held: ServerResponse[];
  /** @param deadlineSeconds of the whole stop */
  close(deadlineSeconds: number): Promise<void>;
}

/** A server that answers `/now` at once and holds everything else. */
async function start(test: Test): Promise<Started> {
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/now") response.end("now");
    else held.push(response);
  });
  const connections = followConnections(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    connections,
    held,
    close: (deadlineSeconds) =>
      closeHttp(
        { connections, listeners: [server], close: () => new Promise((resolve) => server.close(resolve)) },
        deadlineSeconds,
      ),
  };
}

interface Client {
  readonly socket: Socket;
  said(): string;
  readonly closed: Promise<unknown>;
  ask(path: string): void;
}

async function client(test: Test, port: number): Promise<Client> {
  const socket = connect(port, "127.0.0.1");
  test.teardown(() => socket.destroy());
  let said = "";
  socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
  socket.on("error", () => {});
  await once(socket, "connect");
  return {
    socket,
    said: () => said,
    closed: new Promise((resolve) => socket.once("close", resolve)),
    ask: (path) => socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`),
  };
}

/** @returns whether it settles within the time */
async function within(ms: number, settles: Promise<unknown>): Promise<boolean> {
  return Promise.race([settles.then(() => true), delay(ms, false)]);
}

t.test("closing waits for the request under way, whose answer ends the connection and says so", async (t) => {
  const { port, held, close } = await start(t);
  const { ask, said, closed } = await client(t, port);
  ask("/held");
  await eventually(() => held.length === 1, "it came");
  const closing = close(40);
  t.notOk(await within(300, closing), "the request is not answered yet");
  held[0]!.end("done");
  await closed;
  await closing;
  t.match(said(), /connection: close\r\n[^]*done/i);
});

t.test("a connection that is in use is used once more, and learns of the end with the answer", async (t) => {
  const { port, close } = await start(t);
  const { ask, said, closed } = await client(t, port);
  ask("/now");
  await eventually(() => said().includes("now"), "it was answered");
  t.notMatch(said(), /connection: close/i);
  const closing = close(40);
  await delay(100);
  ask("/now");
  await closed;
  t.match(said(), /now[^]*HTTP\/1\.1 200[^]*connection: close[^]*now/i, "answered, not reset");
  await closing;
});

t.test("control: Node's own close resets that request", async (t) => {
  const { server, port } = await start(t);
  const { ask, said, closed } = await client(t, port);
  ask("/now");
  await eventually(() => said().includes("now"), "it was answered");
  server.close();
  ask("/now");
  await closed;
  t.equal(said().match(/HTTP\/1\.1 200/g)?.length, 1);
});

t.test(
  "neither silent nor idle connections, nor requests that never end, hold up a stop, and it is clean",
  async (t) => {
    const { port, close, connections } = await start(t);
    const silent = await client(t, port);
    const idle = await client(t, port);
    const half = await client(t, port);
    const body = await client(t, port);
    idle.ask("/now");
    half.socket.write("GET / HTTP/1.1\r\nHost");
    body.socket.write("POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nok");
    await eventually(() => idle.said().includes("now") && connections.count() === 4, "all are there");
    const deadlineSeconds = 10;
    const began = performance.now();
    await close(deadlineSeconds);
    t.ok(performance.now() - began < stretched(deadlineSeconds * 1_000), "in time");
    await Promise.all([silent.closed, idle.closed, half.closed, body.closed]);
    t.equal(connections.count(), 0);
  },
);

t.test("control: Node's own close waits for a silent connection", async (t) => {
  const { server, port } = await start(t);
  await client(t, port);
  await eventually(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count))), "it is in");
  const closing = new Promise((resolve) => server.close(resolve));
  t.notOk(await within(1_000, closing));
});

t.test("an answer that nobody reads does not hold up a stop", async (t) => {
  const { port, held, close } = await start(t);
  const { socket, ask, closed } = await client(t, port);
  socket.pause();
  ask("/held");
  await eventually(() => held.length === 1, "it came");
  held[0]!.end(Buffer.alloc(50_000_000));
  await close(2);
  socket.resume();
  await closed;
});

t.test(
  "a request that is never answered is cut off, leaves time for the rest of the stop, and makes it unclean",
  async (t) => {
    const { port, held, close } = await start(t);
    const { ask, closed } = await client(t, port);
    ask("/held");
    await eventually(() => held.length === 1, "it came");
    await t.rejects(close(1), /1 connections were cut off/);
    await closed;
  },
);

t.test("pipelined requests are all answered, the last one with the end", async (t) => {
  const { port, held, close } = await start(t);
  const { socket, said, closed } = await client(t, port);
  socket.write("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => held.length === 1, "the first came");
  const closing = close(40);
  await delay(50);
  socket.write("GET /b HTTP/1.1\r\nHost: a\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => held.length === 3, "all came");
  for (const response of held) response.end(response.req.url);
  await closed;
  await closing;
  t.match(said(), /\/a[^]*\/b[^]*\/c/);
  t.equal(said().match(/connection: close/gi)?.length, 1);
});

t.test("who waits to be let in is let in before the listener closes", async (t) => {
  const { server, port, connections } = await start(t);
  const listener = createListener((socket) => server.emit("connection", socket)).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const second = (listener.address() as AddressInfo).port;
  const clients = await Promise.all([port, second].flatMap((at) => Array.from({ length: 20 }, () => client(t, at))));
  for (const { ask } of clients) ask("/now");
  await closeHttp({ connections, listeners: [server, listener], close: async () => {} }, 40);
  for (const { said } of clients) t.match(said(), /HTTP\/1\.1 200/);
  t.notOk(listener.listening);
});

t.test("a close that fails says so; a second one, and one of what never listened, have nothing to do", async (t) => {
  const { close, connections } = await start(t);
  await t.rejects(closeHttp({ connections, listeners: [], close: () => Promise.reject(new Error("no")) }, 4), {
    message: "no",
  });
  await close(4);
  await close(4);
  const never = createServer();
  await closeHttp({ connections: followConnections(never), listeners: [never], close: async () => {} }, 4);
});
