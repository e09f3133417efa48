import { Command } from "commander";
import { t } from "../equipment/file-test.ts";
import { runCommandLine, type CommandHost } from "../../terminal/command-line.ts";
import { catchTerminal } from "../equipment/caught-terminal.ts";
import { TurnoutError } from "../../shared/errors.ts";

async function run(args: readonly string[], action: (host: CommandHost) => void | Promise<void>, env = {}) {
  const { terminal, texts, settled } = catchTerminal(env);
  const host = { env, terminal, signal: new AbortController().signal };
  const build = (given: CommandHost) =>
    new Command("sample").addCommand(new Command("work").option("--speed <n>").action(() => action(given)));
  const code = await runCommandLine(build, args, host);
  await settled();
  return { code, ...texts };
}

t.test("0 is done, 1 is a no or a failure, 2 is wrong usage", async (t) => {
  t.equal((await run(["work"], () => {})).code, 0);
  t.equal((await run(["work"], ({ finish }) => finish(1))).code, 1);
  const failing = () => {
    throw new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "The table does not answer.");
  };
  t.equal((await run(["work"], failing)).code, 1);
  t.equal((await run(["work", "--nope"], () => {})).code, 2);
  t.equal((await run(["wrok"], () => {})).code, 2);
});

t.test("help goes to standard output, complaints to standard error with the way to the help", async (t) => {
  const help = await run(["work", "--help"], () => {});
  t.match(help, { code: 0, stdout: /--speed/, stderr: "" });
  const wrong = await run(["work", "--sped", "1"], () => {});
  t.match(wrong, { stdout: "", stderr: /--speed.*\n.*sample work --help/s });
});

t.test("an error is told in words, under the command's name, without a stack unless asked for", async (t) => {
  const failing = () => Promise.reject(new TurnoutError("TURNOUT_USAGE_INVALID", "Give a file."));
  const failed = await run(["work"], failing);
  t.match(failed, { code: 2, stderr: /^sample: Give a file\.\n\(TURNOUT_USAGE_INVALID\)\n$/ });
  const traced = await run(["work"], failing, { TURNOUT_TRACE: "1" });
  t.match(traced.stderr, /command-line\.unit\.test\.ts/);
});
