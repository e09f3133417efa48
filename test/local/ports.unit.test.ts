import { createServer, type Server } from "node:net";
import { t } from "../equipment/file-test.ts";
import { findFreePort, loopback, resolvePorts } from "../../local/ports.ts";

async function occupy(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, loopback, resolve));
  return server;
}

t.test("a free port can be bound and lies below the ports of outgoing connections", async (t) => {
  const port = await findFreePort();
  t.ok(port >= 10_240 && port < 32_768, String(port));
  const server = await occupy(port);
  server.close();
});

t.test("a wish that can be met is met, 0 gives any free port, never the same twice", async (t) => {
  const wanted = await findFreePort();
  const ports = await resolvePorts([
    { variable: "A_PORT", port: 0 },
    { variable: "B_PORT", port: wanted },
    { variable: "C_PORT", port: 0 },
  ]);
  t.equal(ports[1], wanted);
  t.equal(new Set(ports).size, 3);
  t.notOk(ports.includes(0));
});

t.test("all ports that cannot be used are named with their variables, in one error", async (t) => {
  const port = await findFreePort();
  const server = await occupy(port);
  t.teardown(() => server.close());
  const twice = await findFreePort();
  const wishes = [
    { variable: "WEB_PORT", port },
    { variable: "SQS_PORT", port: twice },
    { variable: "WORKER_PORT", port: twice },
  ];
  await t.rejects(resolvePorts(wishes), {
    message: new RegExp(`port ${port} \\(WEB_PORT\\) is in use[^]*port ${twice} .*SQS_PORT and by WORKER_PORT`),
  });
});
