import { createServer } from "node:net";
import t from "tap";
import { probe } from "../equipment/long-probe.ts";
import { isAlive } from "../../local/orphan-guard/alive.ts";
import { findFreePort } from "../../local/ports.ts";
import { eventually } from "../equipment/eventually.ts";
import { ready, run } from "./start-process.ts";

t.test(
  "one line tells where all answer; a killed worker is started again; Ctrl-C ends everything, with exit code 0",
  async (t) => {
    const stack = run(t);
    const { urls, pids } = await ready(stack);
    t.equal(stack.out.length, 1);
    t.match(
      stack.out[0],
      /^ready web=http:\S+ worker=http:\S+( console=http:\S+)? sqs=http:\S+ dynamodb=http:\S+ mail=http:\S+$/,
    );
    for (const [name, path] of [
      ["web", "/ready"],
      ["worker", "/health"],
      ["web", "/openapi.json"],
      ["console", "/"],
      ["mail", "/"],
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
  // A worker in the middle of a long poll would be waited for.
  const stack = run(t, [], { RECEIVE_WAIT_SECONDS: "20" });
  const { pids } = await ready(stack);
  stack.child.kill("SIGTERM");
  await eventually(() => stack.err.some((line) => line.startsWith("Stopping")), "it stops");
  await eventually(() => {
    stack.child.kill("SIGTERM");
    return stack.err.includes("Ending everything at once.");
  }, "it says that it hurries");
  t.equal(await stack.exit, 0);
  t.notOk(pids.some(isAlive));
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
