/** The process of `npm run deploy`. */
import { join, resolve } from "node:path";
import { runCommandLine } from "../../terminal/command-line.ts";
import { listenForInterruption } from "../../terminal/interruption.ts";
import { createTerminal } from "../../terminal/terminal.ts";
import { buildDeployCommand } from "./command.ts";

const folder = resolve(import.meta.dirname, "..", "..");
const parts = {
  cdk: { command: process.execPath, args: [join(folder, "tools/node_modules/aws-cdk/bin/cdk")], folder },
  assemblyFolder: join(folder, "cdk.out"),
  pollMs: 10_000,
  now: Date.now,
};

process.exitCode = await runCommandLine((host) => buildDeployCommand(host, parts), process.argv.slice(2), {
  env: process.env,
  terminal: createTerminal(process, process.env),
  signal: listenForInterruption(process),
});
