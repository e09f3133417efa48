import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t, { type Test } from "tap";
import { probe } from "../../local/http-probe.ts";
import { isAlive } from "../../local/orphan-guard/alive.ts";
import { findFreePort } from "../../local/ports.ts";
import { eventually } from "../equipment/eventually.ts";

const main = join(import.meta.dirname, "../../local/main.ts");
/** With short polls, which a stop has to wait for. */
const anyPorts = {
  WEB_PORT: "0",
  WORKER_PORT: "0",
  CONSOLE_PORT: "0",
  SQS_PORT: "0",
  DYNAMODB_PORT: "0",
  RECEIVE_WAIT_SECONDS: "1",
};

interface Run {
  readonly child: ChildProcess;
  /** Lines of standard output so far. */
  readonly out: string[];
  readonly err: string[];
  readonly exit: Promise<number | null>;
}

function run(t: Test, args: readonly string[] = [], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...anyPorts, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Not SIGKILL: should a test fail, what it started is ended in order.
  t.teardown(() => child.kill("SIGTERM"));
  const out: string[] = [];
  const err: string[] = [];
  createInterface(child.stdout).on("line", (line) => out.push(line));
  createInterface(child.stderr).on("line", (line) => err.push(line));
  return { child, out, err, exit: once(child, "close").then(([code]) => code as number | null) };
}

/** @returns the processes that it says it runs, once it is ready */
async function ready({ out, err }: Run): Promise<{ pids: number[]; urls: Record<string, string> }> {
  await eventually(() => err.some((line) => line.includes("Ctrl-C")), "it says how to stop it", 90_000);
  const urls = Object.fromEntries(
    out[0]!
      .split(" ")
      .slice(1)
      .map((pair) => pair.split("=", 2) as [string, string]),
  );
  return { urls, pids: [...err.join("\n").matchAll(/process (\d+)/g)].map((match) => Number(match[1])) };
}

t.test(
  "one line tells where all answer; a killed worker is started again; Ctrl-C ends everything, with exit code 0",
  async (t) => {
    const stack = run(t);
    const { urls, pids } = await ready(stack);
    t.equal(stack.out.length, 1);
    t.match(stack.out[0], /^ready web=http:\S+ worker=http:\S+( console=http:\S+)? sqs=http:\S+ dynamodb=http:\S+$/);
    for (const [name, path] of [
      ["web", "/ready"],
      ["worker", "/health"],
      ["web", "/docs/"],
      ["console", "/"],
    ] as const) {
      t.equal(await probe(`${urls[name]}${path}`), 200, `${name} ${path}`);
    }
    t.equal(pids.length, Object.keys(urls).length);
    t.ok(pids.every(isAlive));
    process.kill(pids[1]!, "SIGKILL");
    await eventually(() => stack.err.includes("worker ended by SIGKILL, started again"), "one plain line says so");
    // npm passes on what the terminal has already sent: one key press arrives twice.
    stack.child.kill("SIGINT");
    stack.child.kill("SIGINT");
    t.equal(await stack.exit, 0);
    t.notOk(pids.some(isAlive));
    t.notMatch(stack.err.join("\n"), /Ending everything|\u001b/, "neither hastened nor coloured");
    t.equal(stack.out.length, 1);
  },
);

t.test("a second signal hastens the end", async (t) => {
  const stack = run(t);
  const { pids } = await ready(stack);
  // A suspended worker cannot finish by itself.
  const worker = pids[1]!;
  stack.child.kill("SIGTERM");
  await eventually(() => stack.err.some((line) => line.startsWith("Stopping")), "it stops");
  await eventually(() => {
    stack.child.kill("SIGTERM");
    return !isAlive(worker);
  }, "the worker is gone");
  t.equal(await stack.exit, 0);
  t.notOk(pids.some(isAlive));
});

t.test("kill -9 of the whole stack's owner leaves no process behind", async (t) => {
  const stack = run(t);
  const { pids } = await ready(stack);
  stack.child.kill("SIGKILL");
  await eventually(() => !pids.some(isAlive), "all processes have ended", 30_000);
});

t.test("a port in use is named with its variable, exit code 1, before anything is started", async (t) => {
  const port = await findFreePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const stack = run(t, [], { WEB_PORT: String(port) });
  t.equal(await stack.exit, 1);
  t.match(stack.err.join("\n"), `port ${port} (WEB_PORT) is in use`);
  t.strictSame(stack.out, []);
});

t.test(
  "wrong usage is answered with the usage and exit code 2, a wrong environment with 1, --help with 0",
  async (t) => {
    for (const args of [["--nope"], ["--data", ""]]) {
      const wrong = run(t, args);
      t.equal(await wrong.exit, 2, args.join(" "));
      t.match(wrong.err.join("\n"), "Usage: npm start");
    }
    const environment = run(t, [], { WEB_PORT: "eighty" });
    t.equal(await environment.exit, 1);
    t.match(environment.err.join("\n"), /WEB_PORT was "eighty"/);
    const help = run(t, ["--help"]);
    t.equal(await help.exit, 0);
    t.match(help.out.join("\n"), "Usage: npm start");
  },
);

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
