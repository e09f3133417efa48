import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import t from "tap";
import { startGuardThread } from "../../../local/dynamodb-guard/guard-thread.ts";
import { findFreePort } from "../../../local/ports.ts";

t.test("it answers on its port until it is stopped, also while the program around it is busy", async (t) => {
  const port = await findFreePort();
  const guard = await startGuardThread(port);
  t.teardown(() => guard.stop());
  const engine = createServer((_, response) => response.end("here")).listen(guard.engine.port, guard.engine.host);
  await once(engine, "listening");
  t.teardown(() => engine.close());
  const url = `http://127.0.0.1:${port}`;
  t.equal((await fetch(url, { headers: { origin: "http://evil.example" } })).status, 403);
  t.equal(await (await fetch(url)).text(), "here");
  // A program that waits without turning its own loop: only another thread can answer it meanwhile.
  const asked = spawnSync(process.execPath, [
    "-e",
    `fetch("${url}", { headers: { origin: "x" } }).then((r) => console.log(r.status))`,
  ]);
  t.equal(String(asked.stdout).trim(), "403");
  await t.rejects(startGuardThread(port), { code: "EADDRINUSE" });
  await guard.stop();
  await guard.stop();
  await t.rejects(fetch(url), "the port is free again");
});
