import { resolve } from "node:path";
import type { Command } from "commander";
import { t } from "../equipment/file-test.ts";
import { loadedFiles } from "../infra/called-actions.ts";
import { buildProgram } from "../../cli/program.ts";
import { catchTerminal } from "../equipment/caught-terminal.ts";
import { runCommand } from "../equipment/command-run.ts";

/** Every command, as the words that call it. */
function commandsOf(command: Command, words: readonly string[] = []): (readonly string[])[] {
  return command.commands.flatMap((one) => {
    const own = [...words, one.name()];
    return [own, ...commandsOf(one, own)];
  });
}

const program = buildProgram({
  env: {},
  terminal: catchTerminal({}).terminal,
  signal: new AbortController().signal,
  finish() {},
});
const commands = commandsOf(program);

/** The commands of the public contract that this program has. */
const contract = [
  ["event"],
  ["event", "check"],
  ["event", "new"],
  ["event", "preview"],
  ["queue"],
  ["dead-letters"],
  ["dead-letters", "list"],
  ["dead-letters", "show"],
  ["dead-letters", "replay"],
  ["dead-letters", "edit"],
  ["dead-letters", "discard"],
  ["registrations"],
  ["registrations", "find"],
  ["registrations", "export"],
  ["registrations", "forget"],
  ["audit"],
  ["plan"],
  ["stress"],
  ["doctor"],
  ["stack"],
  ["stack", "verify"],
  ["stack", "watch-scaling"],
  ["stack", "leftovers"],
  ["log"],
];

/** Those that only have commands of their own. */
const groups = new Set(
  commands.map((words) => words.join(" ")).filter((name, _, names) => names.some((one) => one.startsWith(`${name} `))),
);
/** It serves pages until Ctrl-C. */
const withoutResult = new Set(["console"]);

t.test("every command explains itself, with examples", async (t) => {
  const names = new Set(commands.map((words) => words.join(" ")));
  for (const command of contract) t.ok(names.has(command.join(" ")), command.join(" "));
  for (const command of commands) {
    const { code, stdout, stderr } = await runCommand([...command, "--help"]);
    const name = command.join(" ");
    t.equal(code, 0, name);
    t.equal(stderr, "");
    t.match(stdout, `Usage: turnout ${name}`);
    if (!groups.has(name)) t.match(stdout, "Examples:", name);
  }
});

t.test("every command that has a result has it for machines too", async (t) => {
  for (const command of commands) {
    const name = command.join(" ");
    if (groups.has(name) || withoutResult.has(name)) continue;
    t.match((await runCommand([...command, "--help"])).stdout, "--json", name);
  }
});

t.test("whatever makes no sense ends with 2, says why and shows no stack", async (t) => {
  const lines = [
    [],
    ["quue"],
    ["dead-letters"],
    ["dead-letters", "shwo"],
    ["dead-letters", "show"],
    ["dead-letters", "list", "--reason", "boredom"],
    ["dead-letters", "replay", "--all", "--rate", "many"],
    ["dead-letters", "discard", "some-id"],
    ["dead-letters", "edit", "some-id"],
    ["dead-letters", "edit", "some-id", "--set", "colour=red"],
    ["registrations", "find", "nobody"],
    ["registrations", "export", "--format", "xls", "--out", "x"],
    ["queue", "--local", "--stack", "summit"],
  ];
  for (const line of lines) {
    const { code, stderr } = await runCommand(line, { env: { SQS_PORT: "1" } });
    t.equal(code, 2, line.join(" "));
    t.not(stderr, "");
    t.notMatch(stderr, /^\s+at /m);
  }
});

t.test("a deployment that does not answer is told, with what to do", async (t) => {
  // The SDK reads these itself.
  t.intercept(process, "env", {
    value: {
      ...process.env,
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "x",
      AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:1",
    },
  });
  const env = {
    AWS_REGION: "eu-central-1",
    QUEUE_URL: "http://127.0.0.1:1/q",
    DEAD_LETTER_QUEUE_URL: "http://127.0.0.1:1/d",
    REGISTRATIONS_TABLE: "registrations",
    DEAD_LETTERS_TABLE: "dead-letters",
    OUTCOMES_TABLE: "outcomes",
    ACTIVITY_TABLE: "activity",
    CONTROLS_TABLE: "controls",
  };
  const { code, stderr } = await runCommand(["registrations", "find", "ann@example.org"], { env });
  t.equal(code, 1);
  t.match(stderr, /ECONNREFUSED[\s\S]*does not answer/);
});

t.test("no command waits until the clients of a deployment are loaded, but those that ask about one", async (t) => {
  const root = resolve(import.meta.dirname, "../..");
  const loaded = loadedFiles(resolve(root, "cli/program.ts"));
  t.ok(loaded.includes(resolve(root, "terminal/connection.ts")), "control: its imports were read");
  t.notOk(loaded.includes(resolve(root, "deploy/stack/clients.ts")));
});
