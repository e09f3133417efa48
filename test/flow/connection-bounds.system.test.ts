/** Clients that open very many connections, or ask very much on one, and what they leave to the others. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import { startBareTier, startEmbeddedEngines, type BareTier } from "../equipment/bare-tier.ts";
import { eventually } from "../equipment/eventually.ts";
import { sized } from "../equipment/run-length.ts";

t.setTimeout(180_000);
const engines = await startEmbeddedEngines();
t.teardown(() => engines.stop());

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const body = JSON.stringify({ email: "pipe@example.org", name: "Pipe" });
const post = [
  "POST /registrations HTTP/1.1",
  "Host: localhost",
  "Content-Type: application/json",
  `Content-Length: ${body.length}`,
  "",
  body,
].join("\r\n");

async function open(test: Test, { port }: BareTier, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  test.teardown(() => sockets.forEach((socket) => socket.destroy()));
  // As many as may wait to be let in, and no more at once.
  for (let from = 0; from < count; from += 200) {
    const some = Array.from({ length: Math.min(200, count - from) }, () =>
      connect(port, "127.0.0.1").on("error", () => {}),
    );
    await Promise.all(some.map((socket) => Promise.race([once(socket, "connect"), once(socket, "close")])));
    sockets.push(...some);
  }
  return sockets;
}

/** @returns statuses of the answers on one connection, until it ends */
async function statuses(test: Test, { port }: BareTier, bytes: string, half = false): Promise<number[]> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: half }).on("error", () => {});
  test.teardown(() => socket.destroy());
  if (half) socket.end(bytes);
  else socket.write(bytes);
  const said = await text(socket).catch(() => "");
  return [...said.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
}

async function accepts({ url }: BareTier): Promise<boolean> {
  try {
    const response = await fetch(`${url}/registrations`, {
      method: "POST",
      headers: { "content-type": "application/json", connection: "close" },
      body,
    });
    await response.body?.cancel();
    return response.status === 202;
  } catch {
    return false;
  }
}

t.test("more connections than the process may open: the tier lives, serves, says so, and stops cleanly", async (t) => {
  const web = await startBareTier(t, engines, { tier: "web", maxOpenFiles: 400, stdio: ["ignore", "pipe", "ignore"] });
  let log = "";
  web.child.stdout!.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const kept = await open(t, web, 600);
  for (const socket of kept) {
    socket.resume();
    if (!socket.destroyed) socket.write(get("/health"));
  }
  for (let poll = 0; poll < 5; poll += 1) {
    t.match(await web.health(), { status: "ok" });
    await delay(300);
  }
  await eventually(() => accepts(web), "it accepts a registration", 20_000);
  const rejected = await web.metric("turnout_connections_refused_total");
  const closedIdle = await web.metric("turnout_connections_closed_idle_total");
  t.ok(rejected > 0, `${rejected} rejected`);
  t.ok(closedIdle > 0, `${closedIdle} idle ones made room`);
  t.ok((await web.metric("turnout_connections_open")) <= 200 + 64);
  await eventually(() => log.includes('"reason":"connections"'), "the log tells it");
  web.child.kill("SIGTERM");
  t.same(await web.ended, { code: 0, signal: null });
});

t.test(
  "where every connection is at work, health is within reach, and others are told that there is no room",
  async (t) => {
    // What is under way stays under way, however slow the machine is.
    const environment = { MAX_CONNECTIONS: "50", REQUEST_TIMEOUT_MS: "120000" };
    const web = await startBareTier(t, engines, { tier: "web", environment });
    const busy = await open(t, web, 50);
    // Their bodies never end, and each is known to be under way: one that is not read yet is idle, and makes room.
    const head = post.slice(0, -body.length).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    for (const socket of busy) {
      socket.write(head);
      t.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 100 /);
    }
    const lastRequest = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    await eventually(async () => (await statuses(t, web, lastRequest)).includes(503), "there is no room");
    t.match(await web.health(), { status: "ok" });
    t.notOk(await accepts(web));
    t.same(
      busy.filter((socket) => socket.destroyed),
      [],
    );
    for (const socket of busy) socket.destroy();
    await eventually(() => accepts(web), "there is room again");
  },
);

t.test("a tier without a file descriptor left lives, and goes on when there are some again", async (t) => {
  const web = await startBareTier(t, engines, { tier: "web", maxOpenFiles: 400, preload: "hogs-descriptors.ts" });
  const [kept] = await open(t, web, 1);
  kept!.on("data", () => {});
  web.child.kill("SIGUSR2");
  for (let poll = 0; poll < 5; poll += 1) {
    kept!.write(get("/health"));
    await once(kept!, "data");
    await delay(300);
  }
  t.equal(web.child.exitCode, null);
  web.child.kill("SIGUSR2");
  await eventually(() => accepts(web), "it accepts a registration again", 20_000);
  web.child.kill("SIGTERM");
  t.same(await web.ended, { code: 0, signal: null });
});

t.test("the worker lives without one, too", async (t) => {
  const worker = await startBareTier(t, engines, { tier: "worker", maxOpenFiles: 400, preload: "hogs-descriptors.ts" });
  worker.child.kill("SIGUSR2");
  await delay(2_000);
  t.equal(worker.child.exitCode, null);
  worker.child.kill("SIGUSR2");
  await eventually(() => worker.health(), "it answers again", 20_000);
  worker.child.kill("SIGTERM");
  t.same(await worker.ended, { code: 0, signal: null });
});

t.test("pipelining without reading the replies takes little memory, whatever is asked for", async (t) => {
  const web = await startBareTier(t, engines, { tier: "web" });
  const before = await web.memory();
  const attackers = await open(t, web, sized(200, 1_200));
  const flood = get("/").repeat(4_000);
  for (const socket of attackers) {
    socket.pause();
    socket.write(flood);
  }
  let most = before;
  for (let poll = 0; poll < 20; poll += 1) {
    most = Math.max(most, await web.memory());
    t.match(await web.health(), { status: "ok" });
    await delay(100);
  }
  t.comment(`${Math.round(before)} MiB before, at most ${Math.round(most)} MiB`);
  t.ok(most < before + 150, `${Math.round(before)} MiB before, at most ${Math.round(most)} MiB`);
  await eventually(
    async () => (await web.metric("turnout_requests_refused_total")) >= attackers.length,
    "each was rejected",
  );
  await eventually(() => accepts(web), "it accepts a registration");
  web.child.kill("SIGTERM");
  t.same(await web.ended, { code: 0, signal: null });
});

t.test(
  "what comes behind a registration does not overtake its 202, and a client that only listens gets it",
  async (t) => {
    const web = await startBareTier(t, engines, { tier: "web" });
    await eventually(() => accepts(web), "it accepts");
    t.same(await statuses(t, web, `${post}}}`), [202, 400], "bytes behind the body");
    t.same(await statuses(t, web, `${post}GET / HTTP/1.1\r\nno header\r\n\r\n`), [202, 400], "a bad second request");
    t.same(await statuses(t, web, `${post}${post}nonsense\r\n\r\n`), [202, 202, 400], "two good ones before it");
    t.same(await statuses(t, web, post, true), [202], "the end of what the client says");
  },
);

t.test("silent connections hold up neither a stop nor its exit code", async (t) => {
  for (const tier of ["web", "worker"] as const) {
    const running = await startBareTier(t, engines, { tier });
    await open(t, running, 3);
    const [half] = await open(t, running, 1);
    half!.write("GET / HTTP/1.1\r\nHost");
    const began = performance.now();
    running.child.kill("SIGTERM");
    t.same(await running.ended, { code: 0, signal: null }, tier);
    t.comment(`${tier} ended in ${Math.round(performance.now() - began)} ms`);
  }
});
