import { t } from "../../equipment/file-test.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import { eventually } from "../../equipment/eventually.ts";
import { acceptedByDefault, type Acceptance } from "../../../shared/acceptance/acceptance.ts";
import { createAcceptanceWatch } from "../../../shared/acceptance/acceptance-watch.ts";

const start = Date.parse("2026-03-01T10:00:00.000Z");
const paused: Acceptance = {
  ...acceptedByDefault,
  state: "paused",
  who: "ann",
  why: "count",
  at: new Date(start).toISOString(),
  version: 1,
};

function prepare(read: (signal: AbortSignal) => Promise<Acceptance>, firstReadWithinMs = 60_000) {
  const wall = createManualClock(start);
  const failures: unknown[] = [];
  let recovered = 0;
  const watch = createAcceptanceWatch({
    read,
    wallClock: wall.now,
    now: () => performance.now(),
    random: () => 0,
    onFailure: (error) => failures.push(error),
    onReadAgain: () => (recovered += 1),
    everyMs: 4,
    timeoutMs: 1_000,
    firstReadWithinMs,
  });
  return { watch, wall, failures, recoveries: () => recovered };
}

t.test("what is ordered is known with the start, and a change soon after", async (t) => {
  let stored = paused;
  const { watch } = prepare(async () => stored);
  t.notOk(watch.isPaused(), "nothing is known yet");
  t.equal(watch.ageSeconds(), undefined);
  await watch.start();
  t.teardown(() => watch.stop());
  t.ok(watch.isPaused());
  const first = watch.latest();
  await eventually(() => watch.ageSeconds() !== undefined, "it is read again");
  t.equal(watch.latest(), first, "the same object while nothing changes");
  stored = { ...paused, state: "open", version: 2 };
  await eventually(() => !watch.isPaused(), "it is resumed");
  t.equal(watch.latest().version, 2);
});

t.test("a pause with an end is over by the clock of this process, without a read", async (t) => {
  const until = new Date(start + 60_000).toISOString();
  const { watch, wall } = prepare(async () => ({ ...paused, until }));
  await watch.start();
  watch.stop();
  t.ok(watch.isPaused());
  wall.advance(59_999);
  t.ok(watch.isPaused());
  wall.advance(1);
  t.notOk(watch.isPaused());
});

t.test("while the table does not answer, what was known goes on, and each failure is told", async (t) => {
  let isDown = false;
  let reads = 0;
  const { watch, failures, recoveries } = prepare(async () => {
    reads += 1;
    if (isDown) throw new Error("down");
    return paused;
  });
  await watch.start();
  t.teardown(() => watch.stop());
  isDown = true;
  await eventually(() => failures.length >= 2, "reads fail");
  t.ok(watch.isPaused());
  isDown = false;
  await eventually(() => recoveries() === 1, "it is read again");
  const before = reads;
  await eventually(() => reads > before, "and goes on being read");
});

t.test("a table that never answers delays the start no longer than its bound, and turns nobody away", async (t) => {
  const hanging = (signal: AbortSignal) =>
    new Promise<Acceptance>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  const { watch, failures } = prepare(hanging, 20);
  // The bound itself keeps no process alive, whose sockets do.
  const alive = setInterval(() => {}, 1_000);
  await watch.start();
  clearInterval(alive);
  t.notOk(watch.isPaused());
  t.ok(failures.length > 0);
  watch.stop();
});

t.test("a table that answers at the second try is known with the start", async (t) => {
  let reads = 0;
  const { watch } = prepare(async () => {
    reads += 1;
    if (reads === 1) throw new Error("cold");
    return paused;
  });
  await watch.start();
  watch.stop();
  t.ok(watch.isPaused());
});

t.test("after the stop nothing is read any more", async (t) => {
  let reads = 0;
  const { watch } = prepare(async () => {
    reads += 1;
    return paused;
  });
  await watch.start();
  watch.stop();
  watch.stop();
  const before = reads;
  await new Promise((resolve) => setTimeout(resolve, 30));
  t.equal(reads, before);
});
