import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { t } from "../../equipment/file-test.ts";
import { withoutLoopback } from "../../../shared/process/loopback-proxy.ts";

const module = join(import.meta.dirname, "../../../shared/process/loopback-proxy.ts");

t.test("hosts that were excepted already stay so, and all stays all", async (t) => {
  t.equal(
    withoutLoopback({ NO_PROXY: "intra.example, 10.0.0.1" }).no_proxy,
    "intra.example,10.0.0.1,127.0.0.1,localhost,::1,[::1]",
  );
  t.match(withoutLoopback({ no_proxy: "a.example", NO_PROXY: "b.example" }).NO_PROXY, /^a\.example,/);
  t.equal(withoutLoopback({ NO_PROXY: "*" }).NO_PROXY, "*");
  const once = withoutLoopback({});
  t.same(withoutLoopback(once), once);
});

t.test("a request to this machine passes the proxy by; without it, it fails", async (t) => {
  const server = createServer((_, response) => response.end("here"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const ask = `console.log(await fetch("http://127.0.0.1:${(server.address() as AddressInfo).port}").then((a) => a.text(), () => "lost"))`;
  const except = `Object.assign(process.env, (await import(${JSON.stringify(module)})).withoutLoopback(process.env));`;
  // Nobody listens on port 9.
  const env = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:9" };
  const run = async (code: string) =>
    (await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { env })).stdout.trim();
  t.equal(await run(ask), "lost");
  t.equal(await run(except + ask), "here");
});
