/** However `npm start` ends, nothing that it started is left running. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import t from "tap";
import { isAlive } from "../../local/orphan-guard/alive.ts";
import { eventually } from "../equipment/eventually.ts";
import { anyPorts, main, ready, run } from "../local/start-process.ts";

t.test("kill -9 of the whole stack's owner leaves no process behind", async (t) => {
  const stack = run(t);
  const { pids } = await ready(stack);
  stack.child.kill("SIGKILL");
  await eventually(() => !pids.some(isAlive), "all processes have ended", 30_000);
});

t.test("it ends with the program that has a channel to it, and with npm, however these end", async (t) => {
  const owners: [env: Record<string, string>, stdio: readonly string[]][] = [
    [{}, ["ignore", "inherit", "inherit", "ipc"]],
    [{ npm_lifecycle_event: "start" }, ["ignore", "inherit", "inherit"]],
  ];
  for (const [env, stdio] of owners) {
    const code = `
      const { spawn } = require("node:child_process");
      spawn(process.execPath, [${JSON.stringify(main)}], { stdio: ${JSON.stringify(stdio)} });
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ["-e", code], {
      env: { ...anyPorts, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    t.teardown(() => owner.kill("SIGKILL"));
    const out: string[] = [];
    const err: string[] = [];
    createInterface(owner.stdout).on("line", (line) => out.push(line));
    createInterface(owner.stderr).on("line", (line) => err.push(line));
    const { pids } = await ready({ child: owner, out, err, exit: Promise.resolve(0) });
    owner.kill("SIGKILL");
    await eventually(() => !pids.some(isAlive), "all processes have ended", 30_000);
  }
});
