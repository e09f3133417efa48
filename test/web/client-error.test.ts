import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import t from "tap";
import { answerClientError } from "../../web/client-error.ts";

async function listen(server: Server): Promise<number> {
  server.on("clientError", answerClientError);
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
  const impatient = await listen(
    createServer({ headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 }, (_request, reply) =>
      reply.end("fine"),
    ),
  );
  const slow = await say(impatient, "GET / HTTP/1.1\r\nHost: a\r\n");
  t.match(parse(slow), { status: 408, body: { status: 408 } });
});

t.test("control: a whole request is answered as usual", async (t) => {
  t.match(await say(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 200 /);
});
