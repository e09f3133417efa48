import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { burnScript, stopScript } from "../../../deploy/stack/cpu-stress.ts";
import { eventually } from "../../equipment/eventually.ts";

function runScript(t: Test, script: string) {
  const child = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += String(text)));
  const ended = once(child, "close").then(([code]) => ({ code: code as number, said }));
  t.teardown(() => child.kill("SIGKILL"));
  return ended;
}

/** Seconds that the children of a shell computed, of what its `times` printed. */
function childSeconds(said: string): number {
  const [minutes = 0, seconds = 0] = (said.trim().split("\n").at(-1) ?? "").match(/[\d.]+/g)?.map(Number) ?? [];
  return minutes * 60 + seconds;
}

t.test("it computes, and ends by itself with its time", async (t) => {
  const file = join(t.testdir(), "stress");
  const { code, said } = await runScript(t, `${burnScript(2, file)}\ntimes`);
  t.equal(code, 0, said);
  t.notOk(existsSync(file), "its file is gone");
  t.ok(childSeconds(said) > 0.05, said);
});

t.test("it ends when it is told to, long before its time", async (t) => {
  const file = join(t.testdir(), "stress");
  const ended = runScript(t, burnScript(3_600, file));
  await eventually(() => existsSync(file), "it began");
  t.match(await runScript(t, stopScript(file)), { code: 0 });
  t.match(await ended, { code: 0 });
});

t.test("to stop what does not burn is no error", async (t) => {
  t.match(await runScript(t, stopScript(join(t.testdir(), "nothing"))), { code: 0, said: "" });
});
