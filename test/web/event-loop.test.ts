import t from "tap";
import { setTimeout as delay } from "node:timers/promises";
import { watchEventLoop } from "../../web/event-loop.ts";
import { eventually } from "../equipment/eventually.ts";

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

t.test("a loop that is blocked again and again is late and has no time to spare; left alone it recovers", async (t) => {
  const eventLoop = watchEventLoop();
  t.teardown(eventLoop.stop);
  t.equal(eventLoop.meanDelayMs, 0);
  t.equal(eventLoop.spareTime, 1);
  await eventually(async () => {
    block(60);
    await delay(1);
    return eventLoop.meanDelayMs > 20 && eventLoop.spareTime < 0.5;
  }, "the loop is seen to be late and busy");
  await eventually(() => eventLoop.meanDelayMs < 20 && eventLoop.spareTime > 0.5, "the loop is seen to be idle");
});

t.test("stopping twice is the same as once", async () => {
  const eventLoop = watchEventLoop();
  eventLoop.stop();
  eventLoop.stop();
});
