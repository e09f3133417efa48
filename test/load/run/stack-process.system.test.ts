import { readdirSync, readFileSync } from "node:fs";
import { constants, getPriority } from "node:os";
import t from "tap";
import { startStackProcess } from "../../../load/run/stack-process.ts";
import { probe } from "../../equipment/long-probe.ts";
import { TurnoutError } from "../../../shared/errors.ts";

const signal = new AbortController().signal;
const quiet = () => {};

/** @returns the processes that this one started, as Linux tells */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );
}

t.test("a stack is started on free ports, answers where it says, and is gone after the stop", async (t) => {
  const stack = await startStackProcess({ env: {}, signal, onEvent: quiet });
  t.teardown(() => stack.stop());
  const { web, worker, sqs, dynamodb } = stack.urls;
  t.equal(await probe(`${web}/ready`), 200);
  t.equal(await probe(`${worker}/health`), 200);
  if (process.platform === "linux") {
    const priorities = childrenOf(childrenOf(process.pid)[0]!).map((pid) => getPriority(pid));
    t.ok(priorities.length >= 4, "its engines and tiers");
    const expected = Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL);
    t.ok(
      priorities.every((priority) => priority === expected),
      "after the load, which must send in time",
    );
  }
  await Promise.all([stack.stop(), stack.stop()]);
  for (const url of [web, worker, sqs, dynamodb]) t.equal(await probe(url), undefined, url);
});

t.test("one that does not start is told in its own words", async (t) => {
  const start = startStackProcess({ env: { EVENT_FILE: "/does/not/exist.json" }, signal, onEvent: quiet });
  await t.rejects(start, { message: /did not start[^]*\/does\/not\/exist\.json/ });
});

t.test("a start that is interrupted ends", async (t) => {
  const stop = new AbortController();
  const start = startStackProcess({ env: {}, signal: stop.signal, onEvent: quiet });
  stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Ctrl-C"));
  await t.rejects(start, { code: "TURNOUT_INTERRUPTED" });
  await t.rejects(startStackProcess({ env: {}, signal: stop.signal, onEvent: quiet }), { code: "TURNOUT_INTERRUPTED" });
});
