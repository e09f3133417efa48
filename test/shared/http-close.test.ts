import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import { closeHttp, type HttpService } from "../../shared/http-close.ts";

interface Busy {
  readonly service: HttpService;
  /** Settles with the body when the request under way is answered. */
  readonly answer: Promise<string>;
  /** Answers it. */
  finish(): void;
}

/** A server with one request under way, of a client that keeps its connections. */
async function busyServer(test: Test): Promise<Busy> {
  const arrived = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => arrived.resolve(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const agent = new Agent({ keepAlive: true });
  test.teardown(() => {
    agent.destroy();
    server.closeAllConnections();
  });
  const answered = Promise.withResolvers<IncomingMessage>();
  get({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", agent }, answered.resolve);
  const response = await arrived.promise;
  return {
    service: { server, close: () => new Promise((resolve) => server.close(resolve)) },
    answer: answered.promise.then(text),
    finish: () => response.end("done"),
  };
}

t.test("closing waits for the request under way, and not for the connection that its client keeps", async (t) => {
  const { service, answer, finish } = await busyServer(t);
  let closed = false;
  const closing = closeHttp(service).then(() => (closed = true));
  await delay(150);
  t.notOk(closed, "the request is not answered yet");
  finish();
  t.equal(await answer, "done");
  await Promise.race([closing, delay(3_000)]);
  t.ok(closed);
});

t.test("control: Node's own close does wait for that connection", async (t) => {
  const { service, answer, finish } = await busyServer(t);
  let closed = false;
  void service.close().then(() => (closed = true));
  finish();
  await answer;
  await delay(300);
  t.notOk(closed);
});

t.test("a close that fails says so, and its sweep ends", async (t) => {
  let sweeps = 0;
  const service = {
    server: { closeIdleConnections: () => (sweeps += 1) },
    close: () => Promise.reject(new Error("no")),
  };
  await t.rejects(closeHttp(service as unknown as HttpService), { message: "no" });
  const after = sweeps;
  await delay(150);
  t.equal(sweeps, after);
});
