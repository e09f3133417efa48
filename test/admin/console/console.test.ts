import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { startConsole } from "../../../admin/console/console.ts";
import { deadConnection, event } from "./open-console.ts";

const options = {
  event,
  port: 0,
  key: "a-key-of-this-test",
  openToMachine: false,
  lookEverySeconds: 1,
  wallClock: Date.now,
};

t.test("it listens on loopback alone, and its link opens it", async (t) => {
  const running = await startConsole({ ...options, connection: deadConnection(t) });
  t.teardown(() => running.stop());
  const url = new URL(running.url);
  t.match(url, { hostname: "127.0.0.1", search: "?token=a-key-of-this-test" });
  const opened = await fetch(url, { redirect: "manual" });
  t.match(opened.headers.get("set-cookie"), `turnout-console-${url.port}=`);
  const headers = { cookie: opened.headers.get("set-cookie")!.split(";")[0]! };
  t.match(await (await fetch(url.origin, { headers })).text(), "Overview");
  const rebound = await new Promise<number | undefined>((resolve) =>
    get({ host: "127.0.0.1", port: url.port, headers: { host: "evil.example" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }),
  );
  t.equal(rebound, 421);

  const stream = await fetch(`${url.origin}/events`, { headers });
  const reader = stream.body!.getReader();
  t.match(new TextDecoder().decode((await reader.read()).value), "data: {");
  await Promise.all([running.stop(), running.stop()]);
  await t.rejects(fetch(`${url.origin}/health`), "the port is free again, open streams or not");
});

t.test("open to the machine, the address alone opens it", async (t) => {
  const running = await startConsole({ ...options, openToMachine: true, connection: deadConnection(t) });
  t.teardown(() => running.stop());
  t.notMatch(running.url, "token");
  t.equal((await fetch(running.url)).status, 200);
});

t.test("a port in use is the system's own error, and leaves nothing behind", async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  await t.rejects(startConsole({ ...options, port, connection: deadConnection(t) }), { code: "EADDRINUSE" });
});
