import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { runCommandLine } from "../../../terminal/command-line.ts";
import { buildDemoCommand } from "../../../load/demo/command.ts";
import { catchTerminal } from "../../equipment/caught-terminal.ts";

async function run(...args: string[]) {
  const { terminal, texts, settled } = catchTerminal();
  const host = { env: {}, terminal, signal: new AbortController().signal };
  const code = await runCommandLine(buildDemoCommand, args, host);
  await settled();
  return { code, ...texts };
}

t.test("--help explains every option, the shares of the crowd and the exit codes", async (t) => {
  const { code, stdout } = await run("--help");
  t.equal(code, 0);
  for (const word of [
    "--count",
    "--file",
    "--url",
    "--seed",
    "--concurrency",
    "--ledger",
    "--json",
    "Exit codes",
    "Examples",
  ]) {
    t.match(stdout, word);
  }
});

t.test("wrong usage is told before anything is started, exit code 2", async (t) => {
  const wrong: [string[], RegExp][] = [
    [["--count", "0"], /whole number from 1/],
    [["--count", "many"], /whole number/],
    [["--concurrency", "5000"], /to 1000/],
    [["--seed", "-1"], /whole number/],
    [["--url", "register.example.org"], /http or https URL/],
    [["--nope"], /unknown option/],
    [["--file", "people.csv", "--count", "5"], /cannot be used with/],
    [["--file", join(import.meta.dirname, "missing.csv")], /missing\.csv cannot be used/],
    [["--event", "none"], /needs an event/],
    [["--event", join(import.meta.dirname, "missing.json")], /missing\.json/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await run(...args);
    t.equal(code, 2, args.join(" "));
    t.match(stderr, message);
    t.equal(stdout, "");
  }
});
