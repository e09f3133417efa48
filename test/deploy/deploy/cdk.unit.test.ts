import { t } from "../../equipment/file-test.ts";
import { runCdk } from "../../../deploy/deploy/cdk.ts";

/** A shell in CDK's place: its first argument is what it does. */
const cdk = (script: string) => ({ command: "/bin/sh", args: ["-c", script, "cdk"], folder: import.meta.dirname });
const env = { PATH: process.env.PATH };
const { signal } = new AbortController();

t.test("lines are passed on as they come, the exit code and the last lines at the end", async (t) => {
  const lines: string[] = [];
  const script = String.raw`printf '\033[31mred\033[0m\n'; echo "$1 $2" >&2; exit 3`;
  const end = await runCdk(cdk(script), ["synth", "-q"], { env, signal, onLine: (line) => lines.push(line) });
  t.equal(end.code, 3);
  t.same([...end.tail].toSorted(), ["red", "synth -q"], "plain, of both streams");
  t.ok(lines.includes("\u001b[31mred\u001b[0m"), "with its colours for whoever shows them");
});

t.test("it runs in the repository, without telemetry", async (t) => {
  const end = await runCdk(cdk('pwd; echo "$CDK_DISABLE_CLI_TELEMETRY"'), [], { env, signal });
  t.same(end, { code: 0, tail: [import.meta.dirname, "true"] });
});

t.test("only the last lines are kept", async (t) => {
  const { tail } = await runCdk(cdk("seq 1000"), [], { env, signal });
  t.equal(tail.length, 40);
  t.equal(tail.at(-1), "1000");
});

t.test("Ctrl-C ends the process", async (t) => {
  const interruption = new AbortController();
  const running = runCdk(cdk("echo started; exec sleep 30"), [], {
    env,
    signal: interruption.signal,
    onLine: () => interruption.abort(),
  });
  await t.rejects(running, { name: "AbortError" });
  await t.rejects(runCdk(cdk("true"), [], { env, signal: interruption.signal }), { name: "AbortError" });
});

t.test("a missing command is an error", async (t) => {
  const missing = { command: "/nowhere/cdk", args: [], folder: import.meta.dirname };
  await t.rejects(runCdk(missing, [], { env, signal }), { code: "ENOENT" });
});
