import { connect, type AddressInfo, type Socket } from "node:net";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { createHttpConnections } from "../../../shared/http/http-connections.ts";
import { createConnectionLimit } from "../../../web/http/connection-limit.ts";
import { createHttpServer } from "../../../web/http/http-server.ts";
import { eventually } from "../../equipment/eventually.ts";

interface Started {
  readonly port: number;
  /** Requests that reached the handler, answered by `answer`. */
  readonly handled: { request: IncomingMessage; response: ServerResponse }[];
  readonly rejected: string[];
}

const answerAtOnce = (request: IncomingMessage, response: ServerResponse) => void response.end(`[${request.url}]`);

async function start(
  test: Test,
  options: { limit?: number; idleTimeoutMs?: number; answer?: typeof answerAtOnce } = {},
): Promise<Started> {
  const { limit = 1_000, idleTimeoutMs = 20_000, answer = answerAtOnce } = options;
  const handled: Started["handled"] = [];
  const rejected: string[] = [];
  const connections = createHttpConnections();
  const server = createHttpServer(
    (request, response) => {
      handled.push({ request, response });
      answer(request, response);
    },
    {
      connections,
      connectionLimit: createConnectionLimit({
        connections,
        limit,
        onRejected: () => rejected.push("connection"),
        now: () => performance.now(),
      }),
      requestTimeoutMs: 10_000,
      idleTimeoutMs,
      onRejected: (code, reason) => rejected.push(`${code} ${reason}`),
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, handled, rejected };
}

interface Client {
  readonly socket: Socket;
  said(): string;
  readonly closed: Promise<unknown>;
}

function client(test: Test, port: number): Client {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => {});
  test.teardown(() => socket.destroy());
  let said = "";
  socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
  socket.on("end", () => socket.end());
  return { socket, said: () => said, closed: new Promise((resolve) => socket.once("close", resolve)) };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0;

t.test("a few requests in one write are all answered, in order", async (t) => {
  const { port } = await start(t);
  const { socket, said } = client(t, port);
  const paths = Array.from({ length: 17 }, (_, n) => `/${n}`);
  socket.write(paths.map(get).join(""));
  await eventually(() => said().includes("[/16]"), "all were answered");
  t.same(
    [...said().matchAll(/\[(.*?)\]/g)].map(([, path]) => path),
    paths,
  );
});

t.test(
  "of very many in one write those within the bound are handled and answered, the next is told, the connection ends",
  async (t) => {
    let letGo = () => {};
    const released = new Promise<void>((resolve) => (letGo = resolve));
    const { port, handled, rejected } = await start(t, {
      answer: (request, response) => void released.then(() => response.end(`[${request.url}]`)),
    });
    const { socket, said, closed } = client(t, port);
    socket.write(Array.from({ length: 2_000 }, (_, n) => get(`/${n}`)).join(""));
    await eventually(() => rejected.length > 0, "it is too much");
    letGo();
    await closed;
    t.equal(handled.length, 17);
    t.equal(count(said(), /HTTP\/1\.1 200/g), 17);
    t.equal(count(said(), /HTTP\/1\.1 429/g), 1);
    t.match(said(), /TURNOUT_RATE_LIMITED[^]*$/);
    t.same(rejected, ["TURNOUT_RATE_LIMITED pipelining"]);
  },
);

t.test("one who waits for each answer may send as many as it likes", async (t) => {
  const { port, handled, rejected } = await start(t);
  const { socket, said } = client(t, port);
  for (let n = 0; n < 100; n += 1) {
    socket.write(get(`/${n}`));
    await eventually(() => said().includes(`[/${n}]`), `${n} was answered`);
  }
  t.equal(handled.length, 100);
  t.same(rejected, []);
});

t.test("a client that has said all and still listens gets its answer", async (t) => {
  const { port } = await start(t, {
    answer: (request, response) => void setTimeout(() => response.end(`[${request.url}]`), 100),
  });
  const { socket, said, closed } = client(t, port);
  socket.end(get("/last"));
  await closed;
  t.match(said(), /HTTP\/1\.1 200[^]*\[\/last\]/);
});

t.test("where there is no room one is told so, and whoever watches over the instance is answered", async (t) => {
  const { port, handled, rejected } = await start(t, {
    limit: 1,
    answer(request, response) {
      if (request.url !== "/held") answerAtOnce(request, response);
    },
  });
  const busy = client(t, port);
  busy.socket.write(get("/held"));
  await eventually(() => handled.length === 1, "it is at work");
  for (const path of ["/", "/registrations/x"]) {
    const { socket, said, closed } = client(t, port);
    socket.write(get(path));
    await closed;
    t.match(said(), /^HTTP\/1\.1 503 [^]*retry-after: 2[^]*TURNOUT_OVERLOADED/i);
    t.match(said(), /connection: close/i);
  }
  for (const path of ["/health", "/ready", "/metrics"]) {
    const { socket, said, closed } = client(t, port);
    socket.write(get(path));
    await closed;
    t.match(said(), /^HTTP\/1\.1 200 [^]*connection: close/i);
  }
  t.same(
    rejected,
    Array.from({ length: 5 }, () => "connection"),
  );
  t.notOk(busy.socket.destroyed);
});

t.test("a kept connection has one timer for all its requests, and ends when nothing happens on it", async (t) => {
  const idleTimeoutMs = 500;
  const { port, handled } = await start(t, { idleTimeoutMs });
  const { socket, said, closed } = client(t, port);
  let timersSet = 0;
  for (let n = 0; n < 10; n += 1) {
    socket.write(get(`/${n}`));
    await eventually(() => said().includes(`[/${n}]`), `${n} was answered`);
    const ofServer = handled[0]!.request.socket;
    if (n === 0) {
      const { setTimeout: original } = ofServer;
      ofServer.setTimeout = function setTimeoutCounted(...args) {
        timersSet += 1;
        return original.apply(this, args);
      };
    }
    await delay(idleTimeoutMs / 5);
  }
  t.equal(timersSet, 0, "it was never set again, and never ended in twice the idle time, since it was in use");
  const lastUsed = performance.now();
  await closed;
  t.ok(performance.now() - lastUsed < idleTimeoutMs * 10);
});
