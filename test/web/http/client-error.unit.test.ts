import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { t } from "../../equipment/file-test.ts";
import { followConnections } from "../../../shared/http/http-connections.ts";
import { createClientErrorHandler } from "../../../web/http/client-error.ts";

async function listen(server: Server): Promise<number> {
  server.on("clientError", createClientErrorHandler(followConnections(server)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** @returns everything that came back until the connection was ended */
async function say(port: number, bytes: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  socket.on("error", () => resolve(answer));
  socket.on("close", () => resolve(answer));
  return promise;
}

function parse(answer: string): { status: number; head: string; body: { code: string; status: number } } {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), head, body: JSON.parse(body) as { code: string; status: number } };
}

/** Parts an answer to several requests. */
function statuses(answer: string): number[] {
  return [...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
}

const port = await listen(createServer((_request, reply) => reply.end("fine")));

t.test("what is no HTTP gets the problem document that every error gets, and the connection ends", async (t) => {
  for (const bytes of [
    "nonsense\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nbroken header\r\n\r\n",
    "\x16\x03\x01\x02\x00",
  ]) {
    const { status, head, body } = parse(await say(port, bytes));
    t.equal(status, 400);
    t.match(head, /content-type: application\/problem\+json/i);
    t.match(head, /connection: close/i);
    t.match(body, { code: "TURNOUT_REQUEST_INVALID", status: 400 });
  }
});

t.test("the length that it announces is the length that it has", async (t) => {
  const answer = await say(port, "nonsense\r\n\r\n");
  const announced = Number(/content-length: (\d+)/i.exec(answer)?.[1]);
  t.equal(Buffer.byteLength(answer.split("\r\n\r\n")[1]!), announced);
});

t.test("a head that is too large is 431, a request that never ends is 408", async (t) => {
  const large = await say(port, `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${"x".repeat(20_000)}\r\n\r\n`);
  t.match(parse(large), { status: 431, body: { status: 431 } });
  const quick = await listen(
    createServer({ headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 }, (_request, reply) =>
      reply.end("fine"),
    ),
  );
  const slow = await say(quick, "GET / HTTP/1.1\r\nHost: a\r\n");
  t.match(parse(slow), { status: 408, body: { status: 408 } });
});

t.test("control: a whole request is answered as usual", async (t) => {
  t.match(await say(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 200 /);
});

/** A server that answers a `POST` some time after it was there whole, as one that waits for a queue. */
function slowServer(answerAfterMs = 150): Server {
  return createServer((request, reply) => {
    request.resume().once("end", () => setTimeout(() => reply.writeHead(202).end("accepted"), answerAfterMs));
    request.once("error", () => {});
  });
}

const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok";
const afterwards: Record<string, { bytes: string; expected: number[] }> = {
  "bytes after the declared body": { bytes: `${post}}}`, expected: [202, 400] },
  "a broken request behind it": { bytes: `${post}GET / HTTP/1.1\r\nbroken header\r\n\r\n`, expected: [202, 400] },
  "a head that is too large behind it": {
    bytes: `${post}GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    expected: [202, 431],
  },
  "two requests and then nonsense": { bytes: `${post}${post}nonsense\r\n\r\n`, expected: [202, 202, 400] },
  "a request and then one whose body is broken": {
    bytes: `${post}POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    expected: [202, 400],
  },
};

for (const [what, { bytes, expected }] of Object.entries(afterwards)) {
  t.test(`${what}: the request under way is answered first`, async (t) => {
    const slow = await listen(slowServer());
    t.same(statuses(await say(slow, bytes)), expected);
  });
}

t.test(
  "nonsense that comes while a request is under way, in pieces, does not overtake its answer either",
  async (t) => {
    const slow = await listen(slowServer(300));
    const { promise, resolve } = Promise.withResolvers<string>();
    let answer = "";
    const socket = connect(slow, "127.0.0.1", () => {
      socket.write(post);
      const more = setInterval(() => socket.write("nonsense\r\n\r\n"), 20);
      socket.once("close", () => {
        clearInterval(more);
        resolve(answer);
      });
    });
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    socket.on("error", () => {});
    t.same(statuses(await promise), [202, 400]);
  },
);

t.test("a request that was rejected before its broken body has one answer", async (t) => {
  const early = await listen(createServer((_request, reply) => void reply.writeHead(503).end("busy")));
  const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  t.equal(statuses(await say(early, `${head}zz\r\n`))[0], 503);
});

t.test("control: Node's own handler lets the 400 overtake the answer", async (t) => {
  const server = slowServer();
  const slow = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
  t.teardown(() => server.close());
  t.same(statuses(await say(slow, `${post}}}`)), [400]);
});
