import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { createRegistrationClient, outcomeOf } from "../../../load/run/registration-client.ts";

const ann = { email: "ann@example.org", name: "Ann" };

async function doorTo(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  timeoutMs = 5_000,
) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createRegistrationClient({ url, maxConnections: 4, timeoutMs });
  t.teardown(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

t.test("a registration is posted as a page would, with its key, over kept-alive connections", async (t) => {
  const ports = new Set<number | undefined>();
  const seen: { method: string | undefined; url: string | undefined; key: unknown; type: unknown; body: string }[] = [];
  const client = await doorTo(t, ({ method, url, headers, socket, ...request }, response) => {
    void request;
    ports.add(socket.remotePort);
    seen.push({ method, url, key: headers["idempotency-key"], type: headers["content-type"], body: "" });
    response.writeHead(202, { "retry-after": "1" }).end("{}");
  });
  t.match(await client.post(ann, "key-1"), { status: 202, retryAfterSeconds: 1 });
  await client.post(ann, "key-2");
  t.equal(ports.size, 1);
  t.match(seen[1], { method: "POST", url: "/registrations", key: "key-2", type: "application/json" });
});

t.test("a registration is corrected and withdrawn by its receipt", async (t) => {
  const seen: unknown[] = [];
  const client = await doorTo(t, (request, response) => {
    const { method, url, headers } = request;
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      seen.push({ method, url, type: headers["content-type"], body });
      response.writeHead(202).end("{}");
    });
  });
  t.match(await client.correct("k.abc", { name: "Eda", answers: { guests: 1 } }), { status: 202 });
  t.match(await client.withdraw("k.abc"), { status: 202 });
  const url = "/registrations/k.abc";
  t.strictSame(seen, [
    { method: "PUT", url, type: "application/json", body: '{"name":"Eda","answers":{"guests":1}}' },
    { method: "DELETE", url, type: undefined, body: "" },
  ]);
});

t.test("a rejection is passed on with its code and validation errors", async (t) => {
  const errors = [{ pointer: "/email", detail: "must be an address" }];
  const problem = { status: 400, code: "TURNOUT_REGISTRATION_INVALID", detail: "Please correct.", errors };
  const client = await doorTo(t, (_, response) => response.writeHead(400).end(JSON.stringify(problem)));
  t.strictSame(await client.post(ann, "key"), {
    status: 400,
    code: problem.code,
    detail: problem.detail,
    errors,
  });
});

t.test("an answer in words that are not ours, a reset and silence are no promise, and no exception", async (t) => {
  const proxied = await doorTo(t, (_, response) => response.writeHead(502).end("<html>Bad gateway</html>"));
  t.strictSame(await proxied.post(ann, "key"), { status: 502 });
  const reset = await doorTo(t, ({ socket }) => socket.resetAndDestroy());
  t.match(await reset.post(ann, "key"), { status: null, code: "ECONNRESET" });
  const silent = await doorTo(t, () => {}, 100);
  t.match(await silent.post(ann, "key"), { status: null, code: "ETIMEDOUT" });
});

t.test("only a 202 is a promise, and only what cannot have been enqueued counts as rejected", async (t) => {
  t.equal(outcomeOf({ status: 202 }), "accepted");
  for (const status of [400, 403, 413, 429]) t.equal(outcomeOf({ status }), "rejected");
  t.equal(outcomeOf({ status: 503, code: "TURNOUT_OVERLOADED" }), "rejected");
  t.equal(outcomeOf({ status: null, code: "ECONNREFUSED" }), "rejected");
  t.equal(outcomeOf({ status: 503, code: "TURNOUT_ENQUEUE_FAILED" }), "unknown");
  t.equal(outcomeOf({ status: 502 }), "unknown");
  t.equal(outcomeOf({ status: 200 }), "unknown");
  t.equal(outcomeOf({ status: null, code: "ECONNRESET" }), "unknown");
});
