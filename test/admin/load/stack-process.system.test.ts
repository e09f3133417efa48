import t from "tap";
import { startStackProcess } from "../../../admin/load/stack-process.ts";
import { probe } from "../../../local/http-probe.ts";
import { TurnoutError } from "../../../shared/errors.ts";

const signal = new AbortController().signal;
const quiet = () => {};

t.test("a stack is started on free ports, answers where it says, and is gone after the stop", async (t) => {
  const stack = await startStackProcess({ env: {}, signal, onEvent: quiet });
  t.teardown(() => stack.stop());
  const { web, worker, sqs, dynamodb } = stack.urls;
  t.equal(await probe(`${web}/ready`), 200);
  t.equal(await probe(`${worker}/health`), 200);
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
