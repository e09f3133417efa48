/** Commands find the stacks of `npm start` by themselves: real processes, free ports, and a proxy that leads nowhere. */
import { spawn } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { eventually } from "../equipment/eventually.ts";
import { skipUnlessLong } from "../equipment/run-length.ts";
import { ready, run } from "../local/start-process.ts";
import { findFreePort } from "../../local/ports.ts";

const root = join(import.meta.dirname, "../..");
/** Nobody listens on port 9. */
const proxy = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" };

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param endOn a text on standard error after which the command is interrupted */
async function command(t: Test, main: string, args: readonly string[], env: NodeJS.ProcessEnv, endOn?: string) {
  const child = spawn(process.execPath, [join(root, main), ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  const texts = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    texts.stderr += text;
    if (endOn !== undefined && texts.stderr.includes(endOn)) child.kill("SIGINT");
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, ...texts } satisfies Outcome;
}

const turnout = (t: Test, args: readonly string[], env: NodeJS.ProcessEnv, endOn?: string) =>
  command(t, "cli/main.ts", args, env, endOn);

t.test("every command uses the stack that runs, on whatever ports and past a proxy, and says so", async (t) => {
  const TURNOUT_RUN_FOLDER = join(t.testdir(), "run");
  const env = { TURNOUT_RUN_FOLDER, WEB_PORT: "0", ...proxy };
  const stack = run(t, [], env);
  const { urls } = await ready(stack);
  const [name = ""] = readdirSync(join(TURNOUT_RUN_FOLDER, "stacks"));
  const file = join(TURNOUT_RUN_FOLDER, "stacks", name);
  t.equal(lstatSync(file).mode & 0o777, 0o600);
  t.match(JSON.parse(readFileSync(file, "utf8")), { pid: stack.child.pid, urls: { web: urls.web, sqs: urls.sqs } });
  const says = `Using the local stack ${urls.web} (process ${stack.child.pid}`;

  const ledger = join(TURNOUT_RUN_FOLDER, "ledger.jsonl");
  const demo = await command(t, "load/demo/main.ts", ["--count", "60", "--ledger", ledger, "--json"], env);
  t.equal(demo.code, 0, demo.stderr);
  t.match(demo.stderr, says);
  t.notMatch(demo.stderr, "starting one");
  t.match(JSON.parse(demo.stdout), { passed: true, requests: 60, lost: 0 });

  // What is stored is deleted from the queue a moment later.
  const queue = await eventually(async () => {
    const asked = await turnout(t, ["queue", "--json"], env);
    t.equal(asked.code, 0, asked.stderr);
    return (JSON.parse(asked.stdout) as { messages: number }).messages === 0 && asked;
  }, "the queue is empty");
  t.match(queue.stderr, says);

  const audit = await turnout(t, ["audit", "--ledger", ledger, "--json"], env);
  t.equal(audit.code, 0, audit.stderr);
  t.match(audit.stderr, says);

  const stress = await turnout(t, ["stress", "--steps", "20", "--seconds", "1", "--json"], env);
  t.equal(stress.code, 0, stress.stderr);
  t.match(stress.stderr, says);
  t.match(JSON.parse(stress.stdout), { target: urls.web, passed: true });

  const console = await turnout(t, ["console", "--port", "0"], env, "Ctrl-C ends it");
  t.match(console.stderr, says);
  t.match(console.stdout, /^http:\/\/127\.0\.0\.1:\d+/);

  stack.child.kill("SIGINT");
  t.equal(await stack.exit, 0);
  t.notOk(existsSync(file), "removed at the stop");
  const nowhere = await turnout(t, ["queue"], { ...env, SQS_PORT: String(await findFreePort()) });
  t.equal(nowhere.code, 2);
  t.match(nowhere.stderr, /npm start/);
});

const ofTwo = "of two, each command says which there are and how to choose; a killed one is out of the way";
t.test(ofTwo, { skip: skipUnlessLong }, async (t) => {
  const env = { TURNOUT_RUN_FOLDER: join(t.testdir(), "run") };
  const first = run(t, [], { ...env, MAIL_FROM: "" });
  const second = run(t, [], { ...env, MAIL_FROM: "" });
  const [one, two] = await Promise.all([ready(first), ready(second)]);
  const port = new URL(two.urls.web!).port;
  const said = `${first.err.join("\n")}\n${second.err.join("\n")}`;
  t.match(said, /Another local stack runs at http\S+ Commands need its port: WEB_PORT=\d+/);

  for (const [main, args] of [
    ["cli/main.ts", ["queue", "--json"]],
    ["cli/main.ts", ["stress", "--steps", "5", "--seconds", "1"]],
    ["load/demo/main.ts", ["--count", "5"]],
  ] as const) {
    const undecided = await command(t, main, args, env);
    t.equal(undecided.code, 2, args.join(" "));
    for (const part of [one.urls.web!, two.urls.web!, "WEB_PORT="]) t.match(undecided.stderr, part);
  }
  const chosen = await turnout(t, ["queue", "--json"], { ...env, WEB_PORT: port });
  t.equal(chosen.code, 0, chosen.stderr);
  t.match(chosen.stderr, two.urls.web!);
  const byUrl = await command(t, "load/demo/main.ts", ["--count", "5", "--url", two.urls.web!, "--json"], env);
  t.equal(byUrl.code, 0, byUrl.stderr);
  t.match(byUrl.stderr, two.urls.web!);

  first.child.kill("SIGKILL");
  await first.exit;
  await eventually(async () => (await turnout(t, ["queue", "--json"], env)).code === 0, "the other is found", 30_000);
  const left = await turnout(t, ["queue", "--json"], env);
  t.match(left.stderr, two.urls.web!);
  t.equal(readdirSync(join(env.TURNOUT_RUN_FOLDER, "stacks")).length, 2, "the killed one has left its record");
});
