import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { probe } from "../../local/http-probe.ts";
import { isAlive } from "../../local/orphan-guard/alive.ts";
import { findFreePort } from "../../local/ports.ts";
import { createSupervisedProcess, type ProcessPlan, type SupervisorOptions } from "../../local/supervisor.ts";
import { eventually } from "../equipment/eventually.ts";

const server = `require("node:http").createServer((_, r) => r.end()).listen(+process.env.PORT, "127.0.0.1");`;

async function plan(code: string, changes: Partial<ProcessPlan> = {}): Promise<ProcessPlan> {
  const port = await findFreePort();
  return {
    name: "probe",
    command: process.execPath,
    args: ["-e", code],
    env: { PORT: String(port) },
    isReady: async () => (await probe(`http://127.0.0.1:${port}/`)) === 200,
    readyWithinMs: 10_000,
    stopWithinMs: 5_000,
    ...changes,
  };
}

async function supervise(t: Test, code: string, changes: Partial<ProcessPlan> = {}, options: SupervisorOptions = {}) {
  const supervised = createSupervisedProcess(await plan(code, changes), { pauseMs: 10, ...options });
  t.teardown(() => supervised.stop());
  return supervised;
}

t.test("a start resolves when the process answers; starting twice starts one", async (t) => {
  const supervised = await supervise(t, server);
  t.equal(supervised.state, "stopped");
  await Promise.all([supervised.start(), supervised.start()]);
  t.equal(supervised.state, "running");
  const { pid } = supervised;
  await supervised.start();
  t.equal(supervised.pid, pid);
});

t.test(
  "a stop ends it by SIGTERM; stopping twice or before a start is harmless; it can be started again",
  async (t) => {
    const ends: string[] = [];
    const onEnd = (_: string, __: number, how: string) => ends.push(how);
    const supervised = await supervise(t, server, {}, { onEnd });
    await supervised.stop();
    await supervised.start();
    const first = supervised.pid!;
    await Promise.all([supervised.stop(), supervised.stop()]);
    await supervised.stop();
    t.equal(supervised.state, "stopped");
    t.equal(supervised.pid, undefined);
    t.notOk(isAlive(first));
    t.strictSame(ends, ["ended by SIGTERM"]);
    await supervised.start();
    t.not(supervised.pid, first);
  },
);

t.test("one that ignores SIGTERM, or is suspended, is killed when its time is up", async (t) => {
  const ends: string[] = [];
  const onEnd = (_: string, __: number, how: string) => ends.push(how);
  const deaf = await supervise(t, `process.on("SIGTERM", () => {});${server}`, { stopWithinMs: 100 }, { onEnd });
  await deaf.start();
  await deaf.stop();
  const suspended = await supervise(t, server, {}, { onEnd });
  await suspended.start();
  suspended.kill("SIGSTOP");
  await suspended.stop();
  t.strictSame(ends, ["ended by SIGKILL", "ended by SIGTERM"]);
});

t.test("a killed process is started again, and says how it had ended", async (t) => {
  const restarts: string[] = [];
  const supervised = await supervise(t, server, {}, { onRestart: (name, how) => restarts.push(`${name} ${how}`) });
  await supervised.start();
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    const { pid } = supervised;
    t.ok(supervised.kill(signal));
    await supervised.ended();
    await supervised.start();
    t.not(supervised.pid, pid);
  }
  t.strictSame(restarts, ["probe ended by SIGKILL", "probe ended by SIGTERM"]);
  t.equal(supervised.restarts, 2);
});

t.test("without restarts, a killed process stays away until it is started", async (t) => {
  const supervised = await supervise(t, server, {}, { restart: false });
  await supervised.start();
  supervised.kill("SIGKILL");
  await supervised.ended();
  await eventually(() => supervised.state === "stopped", "state is stopped");
  t.notOk(supervised.kill("SIGKILL"), "there is nobody to take the signal");
  await supervised.start();
  t.equal(supervised.state, "running");
});

t.test("a first start that fails is told with the last lines, and not tried again", async (t) => {
  const supervised = await supervise(t, `console.log("one"); console.error("two"); process.exit(3)`);
  await t.rejects(supervised.start(), { message: /^probe ended with exit code 3[^]*one\ntwo|two\none/ });
  t.equal(supervised.state, "failed");
  const missing = await supervise(t, "", { command: "/does/not/exist" });
  await t.rejects(missing.start(), { message: /could not be started.*ENOENT/ });
});

t.test("one that runs but never answers is killed and told", async (t) => {
  let pid = 0;
  const onSpawn = (_: string, spawned: number) => (pid = spawned);
  const supervised = await supervise(t, "setInterval(() => {}, 1000)", { readyWithinMs: 200 }, { onSpawn });
  await t.rejects(supervised.start(), { message: /did not answer within 0.2 s/ });
  t.notOk(isAlive(pid));
});

t.test("what has to be done after readiness is done each time, and its failure is a failed start", async (t) => {
  let calls = 0;
  const afterReady = async () => {
    calls += 1;
    if (calls > 1) throw new Error("no queue");
  };
  const gaveUp = Promise.withResolvers<Error>();
  const supervised = await supervise(
    t,
    server,
    { afterReady },
    { maxFailedStarts: 2, onGiveUp: (_, e) => gaveUp.resolve(e) },
  );
  await supervised.start();
  supervised.kill("SIGKILL");
  t.match(await gaveUp.promise, { message: "no queue" });
  t.equal(calls, 3, "the first start and two restarts");
  t.equal(supervised.state, "failed");
});

t.test("restarts that fail in a row are given up, after pauses that grow", async (t) => {
  const folder = t.testdir();
  const crash = join(folder, "crash");
  const marks = join(folder, "marks");
  const code = `const fs = require("node:fs"); fs.appendFileSync(${JSON.stringify(marks)}, Date.now() + "\\n");
    if (fs.existsSync(${JSON.stringify(crash)})) { console.error("broken"); process.exit(1); }
    ${server} process.on("SIGUSR2", () => { fs.writeFileSync(${JSON.stringify(crash)}, ""); process.exit(7); });`;
  const gaveUp = Promise.withResolvers<Error>();
  const options = { pauseMs: 50, maxFailedStarts: 3, onGiveUp: (_: string, error: Error) => gaveUp.resolve(error) };
  const supervised = await supervise(t, code, {}, options);
  await supervised.start();
  t.ok(supervised.kill("SIGUSR2"));
  t.match(await gaveUp.promise, { message: /^probe ended with exit code 1[^]*broken/ });
  const times = readFileSync(marks, "utf8").trim().split("\n").map(Number);
  t.equal(times.length, 4, "one good start and three bad ones");
  t.ok(times[3]! - times[2]! >= 200, "50, 100 and then 200 ms");
  t.ok(existsSync(crash));
});

t.test("a stop during a start, and during a pause, leaves nothing behind", async (t) => {
  const pids: number[] = [];
  const onSpawn = (_: string, pid: number) => pids.push(pid);
  const slow = await supervise(t, "setInterval(() => {}, 1000)", {}, { onSpawn });
  const start = slow.start();
  await slow.stop();
  await t.rejects(start, { message: /stopped before it answered|ended by SIGTERM/ });
  const paused = await supervise(t, server, {}, { onSpawn, pauseMs: 60_000, maxPauseMs: 60_000 });
  await paused.start();
  paused.kill("SIGKILL");
  await eventually(() => paused.state === "waiting", "it waits for its restart");
  await paused.stop();
  t.equal(pids.length, 2);
  for (const pid of pids) t.notOk(isAlive(pid));
});
