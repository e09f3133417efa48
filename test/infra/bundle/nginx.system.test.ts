import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import { TurnoutError } from "../../../shared/errors.ts";
import { toProblem } from "../../../web/http/problem.ts";
import { eventually } from "../../equipment/eventually.ts";
import { buildTestApp } from "../../equipment/web-app.ts";
import { checkConfiguration, skip, startNginx, type Nginx } from "./nginx.ts";

const pattern = "(?<![0-9A-Fa-f.:])([0-9A-Fa-f.:]{2,45})$";
/** As it was shipped first: any of 8,000 characters may be the first one of the address. */
const quadratic = [{ from: pattern, to: "([0-9A-Fa-f.:]+)$" }];
/** As nginx does by itself: the tier sees a body only when all of it is there. */
const buffered = [{ from: "proxy_request_buffering off;", to: "" }];
const requestTimeoutMs = 1_500;

/** The web tier itself, on a port. */
async function startTier(t: Test): Promise<number> {
  const { app } = await buildTestApp({ limits: { requestTimeoutMs, trustedProxies: ["127.0.0.1"] } });
  t.teardown(() => app.close());
  await app.listen({ host: "127.0.0.1", port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** Something that keeps the headers of the last request. */
async function startRecorder(t: Test) {
  let headers: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    ({ headers } = request);
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  return { port: (server.address() as AddressInfo).port, headers: () => headers };
}

t.test("the shipped file is one that nginx takes", { skip }, async (t) => {
  t.match(checkConfiguration(t), { ok: true, said: /test is successful/ });
  const broken = checkConfiguration(t, [{ from: pattern, to: `${pattern}(` }]);
  t.match(broken, { ok: false, said: /pcre2?_compile\(\) failed/ }, "control: a broken pattern is told");
});

/** @returns CPU of nginx for that many requests with that header, milliseconds */
async function cost({ url, cpuMilliseconds }: Nginx, requests: number, forwarded: string): Promise<number> {
  const before = cpuMilliseconds();
  for (let sent = 0; sent < requests; sent += 1) {
    const response = await fetch(`${url}/health`, { headers: { "x-forwarded-for": forwarded } });
    await response.arrayBuffer();
  }
  return cpuMilliseconds() - before;
}

t.test("a long X-Forwarded-For costs no more than a long header has to", { skip }, async (t) => {
  const { port } = await startRecorder(t);
  const long = 8_000;
  const attacks = {
    "one run that ends in something else": `${"1".repeat(long - 1)}!`,
    "one run": "f".repeat(long),
    "runs as long as an address may be": `${"a".repeat(45)},`.repeat(long / 46),
    "runs that are longer": `${":".repeat(90)} `.repeat(long / 91),
    "many short ones": "1,".repeat(long / 2),
  };
  const nginx = await startNginx(t, port);
  const requests = 50;
  for (const [name, header] of Object.entries(attacks)) {
    const perRequest = (await cost(nginx, requests, header)) / requests;
    t.ok(perRequest < 5, `${name}: ${perRequest} ms of CPU each`);
  }
  const before = await startNginx(t, port, quadratic);
  const asItWas = await cost(before, 1, attacks["one run that ends in something else"]);
  t.ok(asItWas >= 50, `control: with the quadratic pattern one takes ${asItWas} ms of CPU`);
});

t.test("the tier is told the last address, whatever stands before it", { skip }, async (t) => {
  const { port, headers } = await startRecorder(t);
  const { url } = await startNginx(t, port);
  const told = async (forwarded: string) => {
    await fetch(url, { headers: { "x-forwarded-for": forwarded } });
    return headers()["x-forwarded-for"];
  };
  t.equal(await told("203.0.113.7"), "203.0.113.7");
  t.equal(await told("10.9.9.9, 198.51.100.1,2001:db8::7"), "2001:db8::7");
  t.equal(await told(`${"1".repeat(5_000)},203.0.113.7`), "203.0.113.7", "a long lie does not hide it");
  t.equal(await told("x203.0.113.7"), "203.0.113.7");
  t.equal(await told("::"), "::", "the shortest one");
  t.equal(await told("0000:0000:0000:0000:0000:ffff:192.168.100.228"), "0000:0000:0000:0000:0000:ffff:192.168.100.228");
  t.equal(await told("not an address!"), "127.0.0.1", "none: whoever connected");
});

/** Sends a body byte by byte, forever if it is let. @returns what came back, and after how many bytes */
async function drip(port: number, bytes: number, pauseMs: number) {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  let closed = false;
  socket.on("data", (chunk) => (answer += String(chunk)));
  socket.on("error", () => {});
  socket.on("close", () => (closed = true));
  await once(socket, "connect");
  socket.write(
    "POST /registrations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
      `Content-Length: ${bytes}\r\n\r\n`,
  );
  let sent = 0;
  while (sent < bytes && answer === "" && !closed) {
    await delay(pauseMs);
    socket.write("x");
    sent += 1;
  }
  await eventually(() => answer !== "" || closed, "an answer");
  socket.destroy();
  return { answer, sent };
}

t.test("a body that comes byte by byte is ended by the tier's limit for the whole request", { skip }, async (t) => {
  const port = await startTier(t);
  // Four times as long as the tier waits, and never a pause that nginx itself would mind.
  const pauseMs = 200;
  const bytes = (4 * requestTimeoutMs) / pauseMs;
  const nginx = await startNginx(t, port);
  const slow = await drip(nginx.port, bytes, pauseMs);
  t.match(slow.answer, /^HTTP\/1\.1 408 /);
  t.match(slow.answer, "application/problem+json");
  t.ok(slow.sent < bytes, `ended after ${slow.sent} of ${bytes} bytes`);

  const before = await startNginx(t, port, buffered);
  const held = await drip(before.port, bytes, pauseMs);
  t.equal(held.sent, bytes, "control: with nginx's own buffering all of it is waited for");
  t.match(held.answer, /^HTTP\/1\.1 400 /);
});

t.test("what is too large is 413 as a problem: the tier's own, and nginx's for what is absurd", { skip }, async (t) => {
  const { url } = await startNginx(t, await startTier(t));
  const post = (bytes: number) =>
    fetch(`${url}/registrations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "x".repeat(bytes),
    });
  const { detail: _, ...expected } = toProblem(new TurnoutError("TURNOUT_BODY_TOO_LARGE", ""));
  for (const bytes of [100_000, 300_000]) {
    const response = await post(bytes);
    t.equal(response.status, 413, `${bytes} bytes`);
    t.match(response.headers.get("content-type"), "application/problem+json");
    t.match(response.headers.get("cache-control"), "no-store");
    t.match(await response.json(), { ...expected, detail: String });
  }
  t.equal((await post(10)).status, 400, "control: a small one is read");
});

t.test(
  "the health agent gets its line for each request, and no log holds a path or an address",
  { skip },
  async (t) => {
    const nginx = await startNginx(t, await startTier(t));
    const receipt = "aSecretReceiptThatNobodyMayRead";
    const seen = nginx.log("healthd").split("\n").length - 1;
    await fetch(`${nginx.url}/health`);
    await fetch(`${nginx.url}/registrations/${receipt}`, { headers: { "x-forwarded-for": "203.0.113.99" } });
    await eventually(() => nginx.log("healthd").split("\n").length - 1 >= seen + 2, "both lines are written");
    const lines = nginx.log("healthd").trimEnd().split("\n").slice(seen);
    // Time, status, request time, upstream time; the path and the forwarded address are left out.
    for (const line of lines) t.match(line, /^\d+\.\d{3}"\/"\d{3}"\d+\.\d{3}"\d+\.\d{3}"-$/);
    t.match(lines, [/"200"/, /"404"/]);
    const logs = nginx.log("healthd") + nginx.log("access.log") + nginx.log("error.log");
    t.match(logs, /GET 404/, "control: it is in the access log");
    for (const secret of [receipt, "203.0.113.99", "/registrations", "/health"]) t.notOk(logs.includes(secret), secret);
  },
);
