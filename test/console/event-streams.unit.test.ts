import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";
import { t } from "../equipment/file-test.ts";
import { createEventStreams, type EventStreamsOptions } from "../../console/event-streams.ts";
import { eventually } from "../equipment/eventually.ts";

async function serve(t: Test, options: Partial<EventStreamsOptions> = {}) {
  const streams = createEventStreams({ maxClients: 2, heartbeatMs: 50, maxWaitingBytes: 100_000, ...options });
  const server = createServer((request, response) => {
    if (!streams.open(request.url ?? "", response, { "x-of": "us" }, "first")) response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    streams.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  async function listen(topic: string) {
    const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
    const request = get({ host: "127.0.0.1", port, path: topic, agent: false }, resolve);
    t.teardown(() => request.destroy());
    const response = await promise;
    const heard = { response, request, text: "", ended: false };
    response.setEncoding("utf8");
    response.on("data", (text: string) => (heard.text += text));
    response.on("error", () => {});
    response.once("close", () => (heard.ended = true));
    return heard;
  }
  return { streams, listen };
}

t.test("each listens to its own topic, from what is so now, and hears that the console lives", async (t) => {
  const { streams, listen } = await serve(t);
  const [a, b] = [await listen("/a"), await listen("/b")];
  t.match(a.response.headers, { "content-type": /event-stream/, "x-of": "us" });
  streams.publish("/a", "news");
  await eventually(() => a.text.includes("data: news\n\n") && a.text.includes(": alive"), "a has heard");
  t.match(a.text, /^retry: \d+\ndata: first\n\n/);
  t.notMatch(b.text, "news");
  t.equal(streams.listeners("/a"), 1);
});

t.test("no more than so many; who leaves makes room; the end ends all", async (t) => {
  const { streams, listen } = await serve(t);
  const [first, second] = [await listen("/"), await listen("/")];
  t.equal((await listen("/")).response.statusCode, 503);
  first.request.destroy();
  await eventually(() => streams.listeners("/") === 1, "it has left");
  t.equal((await listen("/")).response.statusCode, 200);
  streams.close();
  streams.close();
  await eventually(() => second.ended, "it was ended");
  t.equal((await listen("/")).response.statusCode, 503);
});

t.test("one that does not read is let go, instead of filling the memory", async (t) => {
  const { streams, listen } = await serve(t, { maxWaitingBytes: 50_000 });
  const deaf = await listen("/");
  deaf.response.pause();
  const news = "x".repeat(100_000);
  await eventually(() => {
    streams.publish("/", news);
    return streams.listeners("/") === 0;
  }, "it is let go");
});
