import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import { watchEventLoop } from "../../../web/http/event-loop.ts";
import { eventually } from "../../equipment/eventually.ts";

function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

t.test("a loop with long turns is late and busy", async (t) => {
  const loop = watchEventLoop();
  t.teardown(() => loop.close());
  t.same([loop.delayMs(), loop.utilization()], [0, 0], "nothing was measured yet");
  let working = true;
  const turn = () => {
    work(60);
    if (working) setImmediate(turn);
  };
  turn();
  await eventually(() => loop.delayMs() > 30 && loop.utilization() > 0.8, "it is late and busy", 20_000);
  working = false;
  await eventually(() => loop.utilization() < 0.5, "it has time again", 20_000);
});

t.test("one long turn alone is not lateness: it is over when it is seen", async (t) => {
  const loop = watchEventLoop();
  t.teardown(() => loop.close());
  work(600);
  await delay(0);
  t.ok(Number.isFinite(loop.delayMs()));
});

t.test("closing twice is closing once", async (t) => {
  const loop = watchEventLoop();
  loop.close();
  loop.close();
  t.pass("closed");
});
