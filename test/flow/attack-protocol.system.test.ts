/** Bytes that are no request, requests that never end, and requests with two meanings. */
import { execFile } from "node:child_process";
import { connect, type Socket } from "node:net";
import { promisify } from "node:util";
import t from "tap";
import { createLocalStack } from "../../local/stack.ts";
import { stretched } from "../equipment/eventually.ts";

const requestTimeoutMs = 1_000;
/** The timeout, two of Node's checks for late requests, and some time for a busy machine. */
const endsWithinMs = 3 * requestTimeoutMs + 10_000;

const stack = createLocalStack({
  tiers: ["web"],
  periodicTasks: false,
  environment: { REQUEST_TIMEOUT_MS: String(requestTimeoutMs) },
});
t.teardown(() => stack.stop());
const { web } = await stack.start();
const { port, hostname } = new URL(web!);

function open(): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(Number(port), hostname, () => resolve(socket));
  socket.once("error", reject);
  return promise;
}

/** @returns everything the server says until it hangs up; rejects when it does not in time */
async function untilClosed(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = "";
  socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
  socket.on("error", () => resolve(said));
  socket.on("close", () => resolve(said));
  const timer = setTimeout(() => reject(new Error(`still open after ${endsWithinMs} ms; said ${said}`)), endsWithinMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function say(bytes: string): Promise<string> {
  const socket = await open();
  const answer = untilClosed(socket);
  socket.write(bytes);
  return answer;
}

const body = JSON.stringify({ email: "smuggler@example.org", name: "Smuggler" });
const head = ["POST /registrations HTTP/1.1", `Host: ${hostname}`, "Content-Type: application/json"];
const crlf = "\r\n";

const ambiguous = {
  "Content-Length and Transfer-Encoding together": [
    ...head,
    `Content-Length: ${body.length}`,
    "Transfer-Encoding: chunked",
    "",
    `0${crlf}${crlf}${body}`,
  ].join(crlf),
  "two different Content-Lengths": [...head, "Content-Length: 5", `Content-Length: ${body.length}`, "", body].join(
    crlf,
  ),
  "lines that end in a bare LF": [...head, `Content-Length: ${body.length}`, "", body].join("\n"),
  "bytes that are no HTTP": `\u0016\u0003\u0001${crlf}${crlf}`,
  "a header with a NUL": [...head, "X-Note: a\u0000b", `Content-Length: ${body.length}`, "", body].join(crlf),
};

for (const [name, bytes] of Object.entries(ambiguous)) {
  t.test(`${name} are rejected with 400, and the connection ends`, async (t) => {
    const answer = await say(bytes);
    t.match(answer, /^HTTP\/1\.1 400 /);
    t.match(answer, /application\/problem\+json/);
    t.notMatch(answer, /HTTP\/1\.1 202/);
  });
}

t.test("the same request without the ambiguity is accepted: the checks above can fail", async (t) => {
  const plain = [...head, "Connection: close", `Content-Length: ${body.length}`, "", body].join(crlf);
  t.match(await say(plain), /^HTTP\/1\.1 202 /);
});

t.test("a head larger than 16 KiB is rejected with 431", async (t) => {
  t.match(await say([...head, `X-Long: ${"x".repeat(20_000)}`, "", ""].join(crlf)), /^HTTP\/1\.1 431 /);
});

t.test("slow heads and slow bodies are hung up on in time, and others are served meanwhile", async (t) => {
  const unfinished = [
    `${head.join(crlf)}${crlf}`,
    [...head, `Content-Length: ${body.length}`, "", body.slice(0, 5)].join(crlf),
  ];
  let quickestMs = Infinity;
  // Again where a machine that is busy with other things has let everybody wait.
  for (let turn = 0; turn < 3 && quickestMs >= requestTimeoutMs; turn += 1) {
    const sockets = await Promise.all(Array.from({ length: 100 }, open));
    const closed = sockets.map(untilClosed);
    for (const [index, socket] of sockets.entries()) socket.write(unfinished[index % 2]!);
    const startedAt = performance.now();
    t.equal((await fetch(`${web}/health`)).status, 200);
    quickestMs = Math.min(quickestMs, performance.now() - startedAt);
    const answers = await Promise.all(closed);
    t.equal(answers.length, 100);
    t.ok(
      answers.every((answer) => answer === "" || answer.startsWith("HTTP/1.1 408 ")),
      "each is told 408, or just ended",
    );
  }
  t.ok(quickestMs < stretched(requestTimeoutMs), "health answers at once");
});

async function findSlowhttptest(): Promise<boolean> {
  try {
    await promisify(execFile)("slowhttptest", ["-h"]);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== "ENOENT";
  }
}

/** 300 connections, 150 new ones each second, for 4 s; 2 s without an answer count as a service that is down. */
const slowly = ["-c", "300", "-i", "1", "-r", "150", "-l", "4", "-p", "2", "-u", `${web}/registrations`];

const hasSlowhttptest = await findSlowhttptest();

t.test(
  "slowhttptest does not take the service down",
  { skip: hasSlowhttptest ? false : "slowhttptest is not installed (Debian: apt-get install slowhttptest)" },
  async (t) => {
    for (const attack of [["-H"], ["-B", "-t", "POST"], ["-X", "-t", "GET"]]) {
      const running = promisify(execFile)("slowhttptest", [...attack, ...slowly]).catch(
        (error: unknown) => error as { stdout: string },
      );
      let slowest = 0;
      for (let poll = 0; poll < 20; poll += 1) {
        const startedAt = performance.now();
        const { status } = await fetch(`${web}/health`, { signal: AbortSignal.timeout(5_000) });
        slowest = Math.max(slowest, performance.now() - startedAt);
        t.equal(status, 200);
      }
      await running;
      t.ok(slowest < stretched(3_000), `${attack[0]}: the slowest answer took ${Math.round(slowest)} ms`);
    }
    t.equal((await fetch(`${web}/ready`)).status, 200);
  },
);
