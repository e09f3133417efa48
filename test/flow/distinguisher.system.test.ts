/**
 * Nobody can tell from what Turnout answers, in what words, how fast or when, whether an address was registered before: not
 * while it is idle, not in a rush, and not while the worker stands still. A distinguisher that sees everything tries it.
 */
import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import { distinguish, mostByChance, type Verdict, type Visit } from "../equipment/distinguisher.ts";
import { forEach } from "../equipment/attendee.ts";
import { sized } from "../equipment/run-length.ts";
import { startEngines, type Cell } from "../faults/cell.ts";
import { putPacks } from "../faults/put-packs.ts";
import type { TierProcess } from "../faults/tier-process.ts";
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
/** More of them would measure this process and not the tiers. */
const maxSockets = 64;
/** Everybody together asks a thousand times a second at most. */
const unhurried = () => pairs * (1 + 2 * Math.random());
/** Of those who were there before them. */
const packSize = 25;

interface Scene {
  readonly cell: Cell;
  readonly web: TierProcess;
  readonly worker: TierProcess;
  readonly agent: Agent;
}

async function prepare(t: Test, program?: string): Promise<Scene> {
  // Short, for where a busy machine has the embedded engine lose a message for as long.
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 10 });
  t.teardown(() => cell.close());
  const agent = new Agent({ keepAlive: true, maxSockets });
  t.teardown(() => agent.destroy());
  // The cell's proxy costs every answer a little; the web tier does without.
  const web = await cell.startTier("web", { direct: true, ...(program !== undefined && { program }) });
  const worker = await cell.startTier("worker", { environment: { WRITES_IN_FLIGHT: "1" } });
  await forEach(Array.from({ length: pairs }), visitsAtOnce, (_, number) =>
    watchVisit({ web: web.url, agent, email: knownEmail(number), known: false, pauseMs: () => 20 }),
  );
  return { cell, web, worker, agent };
}

const knownEmail = (number: number) => `k${String(number).padStart(6, "0")}@example.org`;
let rounds = 0;

/** Known and new addresses in random order, so that whatever happens meanwhile happens to both. */
function subjects(): { email: string; known: boolean }[] {
  rounds += 1;
  const all = Array.from({ length: pairs }, (_, number) => [
    { email: knownEmail(number), known: true },
    { email: `${"abcdefghij"[rounds % 10]}${String(number).padStart(6, "0")}@example.org`, known: false },
  ]).flat();
  return all
    .map((subject) => ({ subject, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ subject }) => subject);
}

const conditions: Readonly<Record<string, (scene: Scene) => Promise<Visit[]>>> = {
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

function told(t: Test, { right, guesses, rule }: Verdict): void {
  t.comment(`${(right * 100).toFixed(1)} % of ${guesses} guesses are right: ${rule.slice(0, 200)}`);
}

t.test(`of ${pairs} known and ${pairs} new addresses`, async (t) => {
  const scene = await prepare(t);
  for (const [condition, visit] of Object.entries(conditions)) {
    await t.test(`${condition}, nobody can tell which is which`, async (t) => {
      const verdict = distinguish(await visit(scene));
      told(t, verdict);
      t.ok(verdict.right < mostByChance(verdict.guesses));
    });
  }
});

t.test("control: a status that answers from the item under the address alone gives them away", async (t) => {
  const scene = await prepare(t, "variants/status-of-item.ts");
  for (const condition of ["in a rush", "with the worker frozen"]) {
    await t.test(condition, async (t) => {
      const verdict = distinguish(await conditions[condition]!(scene));
      told(t, verdict);
      t.ok(verdict.right > 0.9);
    });
  }
});
