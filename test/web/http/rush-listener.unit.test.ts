import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import Fastify, { type FastifyInstance } from "fastify";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { followConnections } from "../../../shared/http/http-connections.ts";
import { createRushListener } from "../../../web/http/rush-listener.ts";

const host = "127.0.0.1";
/** Generous, since a busy machine must not be cut off; a stop without silent clients takes none of it. */
const stopDeadlineSeconds = 40;
const isLinux = process.platform === "linux";
const skip = !isLinux && "ports are shared on Linux only";

interface Started {
  readonly app: FastifyInstance;
  readonly port: number;
  stop(): Promise<void>;
}

async function startListener(test: Test, options: { port?: number } = {}): Promise<Started> {
  const { port = 0 } = options;
  const app = Fastify();
  app.get("/", async () => "here");
  app.get("/slow", async () => {
    await delay(300);
    return "done";
  });
  const connections = followConnections(app.server);
  const listener = createRushListener({ app, connections, host, port, stopDeadlineSeconds });
  test.teardown(() => listener.stop());
  const url = await listener.start();
  return { app, port: Number(new URL(url).port), stop: () => listener.stop() };
}

function knock(test: Test, port: number, count: number): Socket[] {
  const clients = Array.from({ length: count }, () => connect(port, host).on("error", () => {}));
  test.teardown(() => clients.forEach((client) => client.destroy()));
  return clients;
}

/** @returns in how many turns of the loop so many newcomers were taken, all of whom were waiting from the first */
async function turnsToTake(test: Test, server: Server, port: number, newcomers: number): Promise<number> {
  let turn = 0;
  let taken = 0;
  const { promise, resolve } = Promise.withResolvers<number>();
  server.on("connection", () => {
    taken += 1;
    if (taken === newcomers) resolve(turn);
  });
  let looping = true;
  test.teardown(() => (looping = false));
  const loop = () => {
    turn += 1;
    // Long enough for whoever knocks to be there.
    const until = performance.now() + 5;
    while (performance.now() < until);
    if (looping) setImmediate(loop);
  };
  knock(test, port, newcomers);
  loop();
  return promise;
}

async function get(client: Socket, path: string): Promise<string> {
  client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const [answer] = (await once(client, "data")) as [Buffer];
  return answer.toString();
}

t.test("a turn of the loop takes many newcomers", { skip }, async (t) => {
  const { app, port } = await startListener(t);
  const turns = await turnsToTake(t, app.server, port, 160);
  t.ok(turns < 60, `${turns} turns for 160 newcomers`);
});

t.test("control: from one listener, a turn takes one", async (t) => {
  const server = createServer();
  t.teardown(() => server.close());
  server.listen(0, host);
  await once(server, "listening");
  const turns = await turnsToTake(t, server, (server.address() as AddressInfo).port, 160);
  t.ok(turns >= 155, `${turns} turns for 160 newcomers`);
});

t.test("whichever listener took a client, it is answered", async (t) => {
  const { port } = await startListener(t);
  const answers = await Promise.all(knock(t, port, 64).map((client) => get(client, "/")));
  t.ok(answers.every((answer) => answer.startsWith("HTTP/1.1 200") && answer.endsWith("here")));
});

t.test("a port on which somebody listens is rejected, although it could be shared", async (t) => {
  const { port } = await startListener(t);
  await t.rejects(startListener(t, { port }), { code: "EADDRINUSE" });
});

t.test("a stop answers what is under way on every listener, hangs up, and leaves the port", async (t) => {
  const { port, stop } = await startListener(t);
  const clients = knock(t, port, 32);
  const answers = Promise.all(clients.map((client) => get(client, "/slow")));
  await delay(100);
  const ends = Promise.all(clients.map((client) => once(client, "close")));
  await stop();
  for (const answer of await answers) t.match(answer, /^HTTP\/1.1 200[^]*done$/);
  await ends;
  const late = connect(port, host);
  const [error] = (await once(late, "error")) as [NodeJS.ErrnoException];
  t.equal(error.code, "ECONNREFUSED");
});

t.test("a stop before the start, and a second one, have nothing to do", async (t) => {
  const app = Fastify();
  const connections = followConnections(app.server);
  const listener = createRushListener({ app, connections, host, port: 0, stopDeadlineSeconds });
  await listener.stop();
  await listener.stop();
  t.pass("settled");
});
