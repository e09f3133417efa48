/**
 * Nobody can tell from what Turnout answers, in what words, how fast or when, whether an address was registered before: not
 * while it is idle, not in a rush, and not while the worker stands still. A distinguisher that sees everything tries it.
 */
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import {
  guessed,
  nobodyCanTell,
  prepareScene,
  shuffled,
  type Conditions,
  type Scene,
} from "../equipment/distinguisher-scene.ts";
import { forEach } from "../equipment/attendee.ts";
import { sized } from "../equipment/run-length.ts";
import { startEngines } from "../faults/cell.ts";
import { putPacks } from "../faults/put-packs.ts";
import { watchVisit } from "./watched-visit.ts";

t.setTimeout(sized(300_000, 3_600_000));

const engines = await startEngines();
t.teardown(() => engines.stop());

/** Of known addresses, and as many of new ones; the half of them is for learning. */
const pairs = sized(150, 2_000);
const visitsAtOnce = 24;
/** What DynamoDB takes for a call of the worker's in a rush: so the queue is what people wait for. */
const slowWriteMs = 100;
const looksAtOnce = 8;
/** Everybody together asks a thousand times a second at most. */
const unhurried = () => pairs * (1 + 2 * Math.random());
/** Of those who were there before them. */
const packSize = 25;

async function prepare(t: Test, program?: string): Promise<Scene> {
  const programs = program === undefined ? {} : { web: program };
  const scene = await prepareScene(t, engines, { programs, workerEnvironment: { WRITES_IN_FLIGHT: "1" } });
  await forEach(Array.from({ length: pairs }), visitsAtOnce, (_, number) =>
    watchVisit({ web: scene.web.url, agent: scene.agent, email: knownEmail(number), known: false, pauseMs: () => 20 }),
  );
  return scene;
}

const knownEmail = (number: number) => `k${String(number).padStart(6, "0")}@example.org`;
let rounds = 0;

/** Known and new addresses. */
function subjects(): { email: string; known: boolean }[] {
  rounds += 1;
  const all = Array.from({ length: pairs }, (_, number) => [
    { email: knownEmail(number), known: true },
    { email: `${"abcdefghij"[rounds % 10]}${String(number).padStart(6, "0")}@example.org`, known: false },
  ]).flat();
  return shuffled(all);
}

const conditions: Conditions = {
  idle: ({ web, agent }) =>
    forEach(subjects(), looksAtOnce, (subject) => watchVisit({ web: web.url, agent, ...subject, pauseMs: () => 4 })),

  async "in a rush"({ cell, web, agent }) {
    const slow = cell.dynamoDbProxy.inject({ kind: "delay", ms: slowWriteMs });
    await putPacks(cell, Math.ceil((2 * pairs + 900) / packSize), packSize);
    const visits = await Promise.all(
      subjects().map(async (subject, index) => {
        // As fast as the web tier accepts them, which is faster than the worker.
        await delay(index / 2);
        return watchVisit({
          web: web.url,
          agent,
          ...subject,
          beforePoll: () => delay(Math.random() * 50),
          pauseMs: unhurried,
        });
      }),
    );
    slow.lift();
    return visits;
  },

  async "with the worker frozen"({ web, worker, agent }) {
    worker.kill("SIGSTOP");
    const all = subjects();
    const polled = Promise.withResolvers<void>();
    let firstPolls = 0;
    const visits = all.map(async (subject, index) => {
      await delay(index);
      return watchVisit({
        web: web.url,
        agent,
        ...subject,
        pauseMs() {
          firstPolls += 1;
          if (firstPolls === all.length) polled.resolve();
          return unhurried();
        },
      });
    });
    // By the time when everybody has polled, or was told that it is settled.
    await Promise.race([polled.promise, Promise.all(visits)]);
    worker.kill("SIGCONT");
    return Promise.all(visits);
  },
};

t.test(`of ${pairs} known and ${pairs} new addresses`, async (t) => {
  await nobodyCanTell(t, await prepare(t), conditions);
});

t.test("control: a status that answers from the item under the address alone gives them away", async (t) => {
  const scene = await prepare(t, "variants/status-of-item.ts");
  for (const condition of ["in a rush", "with the worker frozen"]) {
    await t.test(condition, async (t) => {
      t.ok(guessed(t, await conditions[condition]!(scene)).right > 0.9);
    });
  }
});
