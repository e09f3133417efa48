import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { t } from "../equipment/file-test.ts";
import { probe } from "../../local/http-probe.ts";
import { findFreePort } from "../../local/ports.ts";

t.test("a server that answers gives its status, whatever it is", async (t) => {
  const server = createServer((_, response) => response.writeHead(503).end("not now"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  t.equal(await probe(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ready`), 503);
});

t.test("nobody there is no status, and no error", async (t) => {
  t.equal(await probe(`http://127.0.0.1:${await findFreePort()}/`), undefined);
});

t.test("a server that accepts and never answers is given up in time", async (t) => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  const startedAt = Date.now();
  t.equal(await probe(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 100), undefined);
  t.ok(Date.now() - startedAt < 5_000);
});
