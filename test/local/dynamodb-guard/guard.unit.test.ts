import { once } from "node:events";
import { Agent, createServer, request, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { createDynamoDbGuard, hiddenLoopback } from "../../../local/dynamodb-guard/guard.ts";
import { eventually } from "../../equipment/eventually.ts";

async function listen(t: Test, server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A guard before an engine that does as it is told. */
async function guarded(t: Test, engine: (...exchange: Parameters<RequestListener>) => void | Promise<void>) {
  const enginePort = await listen(
    t,
    createServer((...exchange) => void engine(...exchange)),
  );
  return listen(t, createDynamoDbGuard({ host: "127.0.0.1", port: enginePort }));
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(port: number, headers: Record<string, string> = {}, body = "", method = "POST"): Promise<Answer> {
  const sent = request({ host: "127.0.0.1", port, method, headers, agent: false }).end(body);
  const [answer] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

t.test("what a program sends is handed on whole, and so is the answer, but for what it tells pages", async (t) => {
  let seen: { headers: IncomingHttpHeaders; body: string } | undefined;
  const port = await guarded(t, async (incoming, response) => {
    seen = { headers: incoming.headers, body: await text(incoming) };
    response.writeHead(400, { "access-control-allow-origin": "*", "x-amz-crc32": "7", "content-type": "x/y" });
    response.end("é".repeat(100_000));
  });
  const body = "ü".repeat(300_000);
  const answer = await ask(port, { "x-amz-target": "DynamoDB_20120810.Scan", authorization: "AWS4 x" }, body);
  t.match(seen, {
    headers: { host: `127.0.0.1:${port}`, "x-amz-target": "DynamoDB_20120810.Scan", authorization: "AWS4 x" },
  });
  t.equal(seen?.body, body);
  t.match(answer, { status: 400, headers: { "x-amz-crc32": "7", "content-type": "x/y" } });
  t.equal(answer.body, "é".repeat(100_000));
  t.notOk("access-control-allow-origin" in answer.headers);
});

t.test("what a page sends does not reach the engine", async (t) => {
  let asked = 0;
  const port = await guarded(t, (_, response) => {
    asked += 1;
    response.end();
  });
  const host = `127.0.0.1:${port}`;
  const pages: Record<string, string>[] = [
    { host: `evil.example:${port}` },
    { host, origin: "http://evil.example" },
    { host, origin: "null" },
    { host, "sec-fetch-site": "cross-site" },
  ];
  for (const headers of pages) {
    for (const method of ["GET", "POST", "OPTIONS"]) {
      const answer = await ask(port, headers, "", method);
      t.equal(answer.status, 403, `${method} ${JSON.stringify(headers)}`);
      t.notOk("access-control-allow-origin" in answer.headers);
    }
  }
  t.equal(asked, 0);
  t.equal((await ask(port, { host: `localhost:${port}` })).status, 200, "control");
  t.equal(asked, 1);
});

t.test("an engine that is down ends the connection, and one that is back answers", async (t) => {
  const engine = createServer((_, response) => response.end("here"));
  const enginePort = await listen(t, engine);
  const port = await listen(t, createDynamoDbGuard({ host: "127.0.0.1", port: enginePort }));
  t.equal((await ask(port)).body, "here");
  engine.closeAllConnections();
  await new Promise((resolve) => engine.close(resolve));
  await t.rejects(ask(port), { code: "ECONNRESET" });
  engine.listen(enginePort, "127.0.0.1");
  await once(engine, "listening");
  t.equal((await ask(port)).body, "here");
});

t.test("whoever gives up takes the request back from an engine that holds it", async (t) => {
  let held = 0;
  const port = await guarded(t, (incoming) => {
    held += 1;
    incoming.once("close", () => (held -= 1));
  });
  const sent = request({ host: "127.0.0.1", port, agent: false })
    .on("error", () => {})
    .end();
  await eventually(() => held === 1, "the engine has it");
  sent.destroy();
  await eventually(() => held === 0, "the engine is rid of it");
});

t.test("many requests share few connections to the engine", async (t) => {
  const sockets = new Set<unknown>();
  const port = await guarded(t, (incoming, response) => {
    sockets.add(incoming.socket);
    response.end();
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  for (let number = 0; number < 50; number += 1) {
    const [answer] = (await once(request({ host: "127.0.0.1", port, agent }).end(), "response")) as [
      NodeJS.ReadableStream,
    ];
    await text(answer);
  }
  t.ok(sockets.size <= 2, `${sockets.size}`);
});

t.test("the engine's own address is of this machine alone, and another one each time", async (t) => {
  const addresses = new Set(Array.from({ length: 100 }, () => hiddenLoopback("linux")));
  t.ok(addresses.size > 90);
  for (const address of addresses) t.match(address, /^127\.([1-9]\d*)\.\d+\.\d+$/);
  t.equal(hiddenLoopback("darwin"), "127.0.0.1");
});
