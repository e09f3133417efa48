import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { t } from "../equipment/file-test.ts";
import { runTurnout } from "../../cli/program.ts";
import { createTerminal } from "../../terminal/terminal.ts";
import { eventually } from "../equipment/eventually.ts";
import { runCommand } from "../equipment/command-run.ts";

/** Names of a deployment that is down: what the command needs to start, and nothing more. */
const env = {
  QUEUE_URL: "http://127.0.0.1:1/0/registrations",
  DEAD_LETTER_QUEUE_URL: "http://127.0.0.1:1/0/dead",
  REGISTRATIONS_TABLE: "registrations",
  DEAD_LETTERS_TABLE: "dead-letters",
  OUTCOMES_TABLE: "outcomes",
  ACTIVITY_TABLE: "activity",
  CONTROLS_TABLE: "controls",
};

t.test("it prints the link, serves until it is stopped, and ends with 0", async (t) => {
  const stop = new AbortController();
  let out = "";
  const stdout = new PassThrough({ encoding: "utf8" }).on("data", (text: string) => (out += text));
  const streams = { stdin: new PassThrough(), stdout, stderr: new PassThrough() };
  const terminal = createTerminal(streams as unknown as Parameters<typeof createTerminal>[0], env);
  const args = ["console", "--port", "0", "--region", "eu-central-1"];
  const end = runTurnout(args, { env, terminal, signal: stop.signal });
  await eventually(() => out.includes("\n"), "the link");
  const url = new URL(out.trim());
  t.match(url.search, /^\?token=[\w-]{32}$/);
  t.equal((await fetch(url, { redirect: "manual" })).status, 303);
  stop.abort(new Error("Ctrl-C"));
  t.equal(await end, 0);
});

t.test("a port in use, a weak token and no deployment at all are named, with exit code 2", async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const taken = await runCommand(["console", "--port", String(port)], { env });
  t.match(taken, { code: 2, stderr: new RegExp(`Port ${port}[^]*--port`) });
  const weak = await runCommand(["console", "--port", "0"], { env: { ...env, TURNOUT_CONSOLE_TOKEN: "guess" } });
  t.match(weak, { code: 2, stderr: /TURNOUT_CONSOLE_TOKEN/ });
  const nowhere = await runCommand(["console", "--local"], { env: { SQS_PORT: "1" } });
  t.match(nowhere, { code: 2, stderr: /npm start/ });
  const help = await runCommand(["console", "--help"]);
  t.match(help, { code: 0, stdout: /Examples:[^]*turnout console --stack/ });
});
