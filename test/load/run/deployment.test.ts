import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { findDeployment, type DeploymentOptions } from "../../../load/run/deployment.ts";
import { findFreePort } from "../../../local/ports.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const find = (flags: DeploymentOptions["flags"], env: DeploymentOptions["env"] = {}) =>
  findDeployment({ flags, env, signal: new AbortController().signal, note() {} });

t.test("the local stack that runs is used, and left running", async (t) => {
  const { env, stack } = await startEngines(t, ["web"]);
  const { web = "" } = stack.urls;
  const ports = { ...env, WEB_PORT: new URL(web).port, WORKER_PORT: "4711" };
  for (const flags of [{}, { url: web }]) {
    const deployment = await find(flags, ports);
    t.match(deployment, { webUrl: web, workerUrl: "http://127.0.0.1:4711", own: false });
    await deployment.close();
  }
  t.ok(stack.process("web").pid);
});

t.test("a URL at which nothing, or something else, answers is wrong usage: no stack is started for it", async (t) => {
  const nowhere = `http://127.0.0.1:${await findFreePort()}`;
  await t.rejects(find({ url: nowhere }), { code: "TURNOUT_USAGE_INVALID", message: /^Nothing answers/ });
  const server = createServer((_, response) => response.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const other = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await t.rejects(find({ url: other }), { code: "TURNOUT_USAGE_INVALID", message: /^Something other/ });
});
