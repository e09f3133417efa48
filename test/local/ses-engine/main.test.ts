import { get } from "node:http";
import t from "tap";
import { findFreePort } from "../../../local/ports.ts";
import { sesPlan, urlOf } from "../../../local/process-plans.ts";
import { createSupervisedProcess } from "../../../local/supervisor.ts";
import { createInbox } from "../../equipment/inbox.ts";

/** @returns whether a server answers at that address of this machine */
async function answers(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  get({ host, port, path: "/health", agent: false }, (response) => resolve(response.resume().complete || true)).once(
    "error",
    () => resolve(false),
  );
  return promise;
}

t.test("the embedded SES is a process on 127.0.0.1 alone, and is empty after a kill -9", async (t) => {
  const port = await findFreePort();
  const engine = createSupervisedProcess(sesPlan(port));
  t.teardown(() => engine.stop());
  await engine.start();
  t.ok(await answers("127.0.0.1", port));
  // Every address of 127/8 is this machine's on Linux, and only a server that binds all addresses answers on another one.
  if (process.platform === "linux") t.notOk(await answers("127.0.0.2", port));
  const inbox = createInbox(urlOf(port));
  t.match(await inbox.control({ maxSendRate: 5 }), { maxSendRate: 5 });
  engine.kill("SIGKILL");
  await engine.ended();
  await engine.start();
  t.match(await inbox.control({}), { maxSendRate: 1_000 });
  t.same(await inbox.mails(), []);
  await engine.stop();
  t.notOk(await answers("127.0.0.1", port));
});

t.test("a wrong environment ends it at once, told by name", async (t) => {
  const engine = createSupervisedProcess({ ...sesPlan(1), env: {} });
  await t.rejects(engine.start(), { message: /PORT is not set/ });
});
