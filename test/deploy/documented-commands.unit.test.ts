import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { CommanderError, type Command } from "commander";
import { t } from "../equipment/file-test.ts";
import { buildProgram } from "../../cli/program.ts";
import { buildDeployCommand } from "../../deploy/deploy/command.ts";
import { buildDestroyCommand } from "../../deploy/destroy/command.ts";
import { readStackConfig } from "../../infra/config.ts";
import { buildDemoCommand } from "../../load/demo/command.ts";
import { checkVolume, requireOwnTarget } from "../../load/stress/steps.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import { createTerminal } from "../../terminal/terminal.ts";
import { codeIn, documents } from "../repo/documents.ts";

const root = resolve(import.meta.dirname, "../..");

const silent = () => new PassThrough() as unknown as NodeJS.WriteStream;
const host: CommandHost = {
  env: {},
  terminal: createTerminal({ stdin: new PassThrough() as never, stdout: silent(), stderr: silent() }, {}),
  signal: new AbortController().signal,
  finish() {},
};
const cdk = { command: "cdk", args: [], folder: root };
const programs: Readonly<Record<string, () => Command>> = {
  turnout: () => buildProgram(host),
  deploy: () => buildDeployCommand(host, { cdk, assemblyFolder: root, now: () => 0, pollMs: 1 }),
  destroy: () => buildDestroyCommand(host, { pollMs: 1, outputFolder: root }),
  demo: () => buildDemoCommand(host),
};

/** What stands for a value of the reader's own. */
const placeholders: Readonly<Record<string, string>> = {
  "<name>": "summit-test",
  "<id>": "id-1",
  "…": "",
};

/** @returns the words of a command line as a shell splits them, up to a pipe, a comment or the next command */
function words(line: string): string[] {
  const found: string[] = [];
  for (const [word] of line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)) {
    if (/^([|#>]|&&|;)/.test(word)) break;
    found.push(placeholders[word] ?? word.replaceAll(/["']/g, ""));
  }
  return found.filter((word) => word !== "");
}

interface Documented {
  readonly where: string;
  readonly program: string;
  readonly args: readonly string[];
}

function documentedIn(where: string, text: string): Documented[] {
  const { lines, inline } = codeIn(text);
  return [...lines, ...inline].flatMap((line) => commandOf(where, line) ?? []);
}

function commandOf(where: string, line: string): Documented | undefined {
  const [, script, own, rest = ""] =
    /^\s*(?:npm run (turnout|deploy|destroy|demo)(?: --)?|(turnout))(\s.*)?$/.exec(line) ?? [];
  const program = script ?? own;
  if (program === undefined) return undefined;
  return { where, program, args: words(rest) };
}

/** The examples that a command's `--help` shows. */
function examplesOf(command: Command, name: string): Documented[] {
  let text = "";
  command.configureOutput({ writeOut: (more) => (text += more) });
  command.outputHelp();
  // What is to the right of an example explains it.
  const lines = text.split("\n").flatMap((line) => /^ {2}(\S.*?)(?: {2}.*)?$/.exec(line)?.[1] ?? []);
  const examples = lines.flatMap((line) => commandOf(`${name} --help`, line) ?? []);
  return [...examples, ...command.commands.flatMap((one) => examplesOf(one, `${name} ${one.name()}`))];
}

type Options = Readonly<Record<string, unknown>>;

/** Parses with the real command, which then does nothing. @returns the options of the subcommand @throws CommanderError */
function parse({ program, args }: Documented): { name: string; options: Options } {
  let result: { name: string; options: Options } | undefined;
  const prepare = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut() {}, writeErr() {} });
    if (command.commands.length === 0) {
      command.action((...given: unknown[]) => {
        result = { name: command.name(), options: (given.at(-2) ?? {}) as Options };
      });
    }
    for (const one of command.commands) prepare(one);
  };
  const command = programs[program]?.();
  if (command === undefined) throw new Error(`there is no ${program}`);
  prepare(command);
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    // `--help` is a command that works.
    if (error instanceof CommanderError && error.exitCode === 0) return { name: "help", options: {} };
    throw error;
  }
  return result ?? { name: "", options: {} };
}

/** What a command checks of its options before it does anything. */
function checkOptions({ name, options }: { name: string; options: Options }): void {
  if (name === "stress") {
    const { url, stack, steps, seconds, iOwnThisTarget } = options as {
      readonly url?: string;
      readonly stack?: string;
      readonly steps: readonly number[];
      readonly seconds: number;
      readonly iOwnThisTarget?: boolean;
    };
    requireOwnTarget(url ?? (stack && "https://d1.cloudfront.net"), iOwnThisTarget ?? false);
    checkVolume(steps, seconds);
  }
  const context = options["context"] as readonly string[] | undefined;
  if (context) readStackConfig(Object.fromEntries(context.map((pair) => pair.split(/=(.*)/s, 2) as [string, string])));
}

/** A text may name a command without writing a whole line: `turnout stack verify`. */
function isName({ program, args }: Documented): boolean {
  let command = programs[program]?.();
  for (const word of args) command = command?.commands.find((one) => one.name() === word);
  return command !== undefined;
}

function errorOf(one: Documented): string | undefined {
  if (isName(one)) return undefined;
  try {
    checkOptions(parse(one));
    return undefined;
  } catch (error) {
    return `${one.where}: ${one.program} ${one.args.join(" ")}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What was once added may have been removed since. */
const current = documents.filter((path) => path !== "CHANGELOG.md");
const documented = current.flatMap((path) => documentedIn(path, readFileSync(join(root, path), "utf8")));

t.test("every command line of the documents is one that the commands take as written", async (t) => {
  t.ok(documented.length > 40, `${documented.length} command lines`);
  t.strictSame(documented.map(errorOf).filter(Boolean), []);
});

t.test("so is every example of --help", async (t) => {
  const examples = Object.entries(programs).flatMap(([name, build]) => examplesOf(build(), name));
  t.ok(examples.length > 40, `${examples.length} examples`);
  t.strictSame(examples.map(errorOf).filter(Boolean), []);
});

t.test("a line that would not work is found", async (t) => {
  for (const line of [
    "npm run turnout -- stress --url https://x.example --steps 100,200 --seconds 300",
    "npm run turnout -- stack watch --stack summit-test",
    "npm run turnout -- stack stress-cpu --stack summit-test",
    "npm run deploy -- -c alarmEmial=a@example.org",
    "npm run turnout -- stress --steps 4000,4000 --seconds 600",
    "npm run destroy -- --dry-run",
  ]) {
    const [one] = documentedIn("here", `\`\`\`sh\n${line}\n\`\`\``);
    t.ok(one && errorOf(one), line);
  }
});

t.test("--stack names a deployed stack everywhere, with its stage", async (t) => {
  const examples = Object.entries(programs).flatMap(([name, build]) => examplesOf(build(), name));
  for (const { where, args } of [...documented, ...examples]) {
    const given = args[args.indexOf("--stack") + 1];
    if (args.includes("--stack") && given !== "NAME")
      t.match(given, /-(test|production)$/, `${where}: ${args.join(" ")}`);
  }
});

t.test(
  "no AWS command line has a shorthand value that begins with an equals sign, which its parser rejects",
  async (t) => {
    const wrong = /\baws [a-z][^\n`]*?=(?==)[^\n`]*/g;
    t.match("aws x --filters 'Type=a,Operator==,Values=b'", wrong, "control");
    t.notMatch(`aws x --filters 'Type=a,Operator="=",Values="b"'`, wrong);
    for (const path of documents) t.strictSame(readFileSync(join(root, path), "utf8").match(wrong), null, path);
  },
);
