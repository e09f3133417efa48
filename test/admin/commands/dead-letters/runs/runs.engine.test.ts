import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { Compile } from "typebox/compile";
import { t } from "../../../../equipment/file-test.ts";
import { ReplayOutput } from "../../../../../admin/commands/dead-letters/replay-output.ts";
import { RunListOutput } from "../../../../../admin/commands/dead-letters/runs/list.ts";
import { RunLine } from "../../../../../admin/commands/dead-letters/runs/run-output.ts";
import { RunShowOutput } from "../../../../../admin/commands/dead-letters/runs/show.ts";
import { runCommand } from "../../../../equipment/command-run.ts";
import { deadLetters, putAll } from "../../../../equipment/dead-letter-seeds.ts";
import { eventually } from "../../../../equipment/eventually.ts";
import { startEngines } from "../../../../equipment/admin-engines.ts";
import { startFailingWorker } from "../../../../equipment/failing-worker.ts";

const { env, connection } = await startEngines(t);
const { documents, deadLettersTable, controlsTable } = connection;
const validators = {
  list: Compile(RunListOutput),
  show: Compile(RunShowOutput),
  stop: Compile(RunLine),
  resume: Compile(ReplayOutput),
};

async function runs(...line: string[]) {
  const run = await runCommand(["dead-letters", "runs", ...line], { env });
  const name = (line[0]?.startsWith("-") ? "list" : (line[0] ?? "list")) as keyof typeof validators;
  if (line.includes("--json") && run.stdout !== "") {
    t.ok(validators[name].Check(run.json()), "what it prints is what its schema says", { found: run.json() });
  }
  return run;
}

const replayAll = ["dead-letters", "replay", "--all", "--execute", "--why", "mended"];

t.test("before the first replay there are none", async (t) => {
  t.match(await runs(), { code: 0, stdout: /No replay was started/ });
  t.match((await runs("--json")).json(), { runs: [] });
  for (const command of ["show", "stop", "resume"]) {
    t.match(await runs(command, "20260131T094500-3f9a51c2"), { code: 1, stderr: /TURNOUT_REPLAY_UNKNOWN/ });
  }
});

t.test("Ctrl-C leaves a run that says how it is resumed; only one runs at a time", async (t) => {
  await putAll(documents, deadLettersTable, deadLetters(30));
  const ctrlC = new AbortController();
  const replaying = runCommand([...replayAll, "--local", "--json"], { env, signal: ctrlC.signal });
  const sent = async () => ((await runs("--json")).json() as RunListOutput).runs.find((run) => run.sent === 1);
  const { id } = await eventually(sent, "the canary is sent, and its run is listed", 30_000);
  t.match(await runs(), { stdout: new RegExp(`${id} +running .* 30 .*mended`) });
  t.match(await runCommand(replayAll, { env }), { code: 1, stderr: new RegExp(`only one runs at a time: ${id}`) });
  t.match(await runs("resume", id), { code: 1, stderr: /TURNOUT_REPLAY_RUNNING/ });

  ctrlC.abort(new Error("Stopped by SIGINT."));
  const stopped = await replaying;
  t.match(stopped, { code: 1, stderr: new RegExp(`To resume it: turnout dead-letters runs resume ${id} --local`) });
  t.match(stopped.json(), {
    run: id,
    sent: 1,
    counts: { unknown: 1, untouched: 29 },
    stopped: { code: "interrupted" },
  });
  const shown = (await runs("show", id, "--json")).json();
  t.match(shown, { state: "stopped", stopped: { detail: "Stopped by SIGINT" }, outcomes: [{ fate: "unknown" }] });
  t.match(await runs("show", id), {
    stdout: /stopped +Stopped by SIGINT[^]*30: all open[^]*unknown/,
    stderr: /resume/,
  });
  t.match(await runs("stop", id), { code: 1, stderr: /stopped already[^]*TURNOUT_REPLAY_CHANGED/ });
});

t.test("resumed, it awaits what it sent, and stops again when that fails; then it goes on without it", async (t) => {
  const worker = startFailingWorker(connection);
  t.teardown(() => worker.stop());
  const { runs: found } = (await runs("--json")).json() as RunListOutput;
  const { id } = found[0]!;
  const first = (await runs("resume", id, "--json")).json() as ReplayOutput;
  t.match(first, { run: id, sent: 2, counts: { failed: 2, untouched: 28 }, stopped: { code: "failed-again" } });
  const second = (await runs("resume", id, "--json")).json() as ReplayOutput;
  t.match(second, { sent: 3, counts: { failed: 3, untouched: 27 }, stopped: { code: "failed-again" } });
  t.equal(second.outcomes.length, 1, "what failed is not sent once more");
  t.match((await runs("show", id, "--json")).json(), { resumedBy: { length: 2 }, outcomes: { length: 3 } });
});

t.test("a run without a process is interrupted: it cannot be stopped, and can be resumed", async (t) => {
  const { runs: found } = (await runs("--json")).json() as RunListOutput;
  const { id } = found[0]!;
  await documents.send(
    new UpdateCommand({
      TableName: controlsTable,
      Key: { id: `replay#${id}` },
      UpdateExpression: "SET #state = :running REMOVE #stop, endedAt",
      ExpressionAttributeNames: { "#state": "state", "#stop": "stop" },
      ExpressionAttributeValues: { ":running": "running" },
    }),
  );
  t.match(await runs(), { stdout: /interrupted/ });
  t.match(await runs("stop", id), { code: 1, stderr: /Nobody performs/ });
  t.match(await runs("show", id), { stdout: /interrupted/, stderr: /To resume it/ });
});

t.test("stopped by another command, it ends within seconds", async (t) => {
  const { runs: found } = (await runs("--json")).json() as RunListOutput;
  const { id } = found[0]!;
  const resumed = runCommand(["dead-letters", "runs", "resume", id], { env });
  const running = async () => ((await runs("show", id, "--json")).json() as RunLine).state === "running";
  await eventually(running, "it runs", 30_000);
  const stopped = await runs("stop", id, "--json");
  t.equal(stopped.code, 0);
  t.match(stopped.json(), { state: "stopped", stopped: { code: "interrupted", detail: /^stopped by / } });
  t.match(await resumed, { code: 1, stdout: /Stopped: stopped by /, stderr: /runs resume/ });
  const log = (await runCommand(["log", "--json"], { env })).stdout;
  t.match(log, /started a replay of 30 selected[^]*stopped: sent 1 of 30[^]*resumed the replay/);
  t.notMatch(log, "example.org");
});
