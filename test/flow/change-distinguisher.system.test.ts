/**
 * Nobody can tell by correcting and withdrawing whether the address of a receipt was registered by somebody else before:
 * neither from the replies nor from what the status says then, and when.
 */
import t from "tap";
import { guessed, nobodyCanTell, prepareScene, shuffled, type Scene } from "../equipment/distinguisher-scene.ts";
import type { Visit } from "../equipment/distinguisher.ts";
import { forEach } from "../equipment/attendee.ts";
import { sized } from "../equipment/run-length.ts";
import { startEngines } from "../faults/cell.ts";
import { watchChange, watchEarlyWithdrawal } from "./watched-change.ts";
import { ask, watchStatus } from "./watched-visit.ts";

t.setTimeout(sized(600_000, 3_600_000));

const engines = await startEngines();
t.teardown(() => engines.stop());

/** Of known addresses, and as many of new ones. */
const pairs = sized(80, 1_000);
const changesAtOnce = 8;
/** Nobody watches what is registered for the test. */
const preparedAtOnce = 40;
/** Of each call of the worker: one more for the one kind than for the other would show. */
const slowCallMs = 150;
interface Subject {
  readonly known: boolean;
  readonly statusUrl: string;
}

let registered = 0;

/** Registers and waits until it is settled. @returns its status URL */
async function register({ web, agent }: Scene, email: string): Promise<string> {
  const visitor = { web: web.url, agent, pauseMs: () => 20 };
  const { status, body } = await ask(visitor, "POST", "/registrations", JSON.stringify({ email, name: "Somebody" }));
  if (status !== 202) throw new Error(`${status} ${body}`);
  const { statusUrl } = JSON.parse(body) as { statusUrl: string };
  await watchStatus(visitor, statusUrl, (state) => state !== "pending");
  return statusUrl;
}

function newAddress(): string {
  registered += 1;
  return `c${String(registered).padStart(6, "0")}@example.org`;
}

/** Receipts for known addresses, which somebody else holds, and for new ones, in random order. */
async function subjects(scene: Scene): Promise<Subject[]> {
  const all = Array.from({ length: pairs }, () => [true, false]).flat();
  const receipts = await forEach(all, preparedAtOnce, async (known) => {
    const email = newAddress();
    if (known) await register(scene, email);
    return { known, statusUrl: await register(scene, email) };
  });
  return shuffled(receipts);
}

/** @param callMs what each call of the worker takes */
async function withSlowTable(scene: Scene, callMs: number): Promise<Visit[]> {
  const { cell, web, agent } = scene;
  const all = await subjects(scene);
  const slow = cell.dynamoDbProxy.inject({ kind: "delay", ms: callMs });
  const visits = await forEach(all, changesAtOnce, (subject) =>
    watchChange({ web: web.url, agent, ...subject, pauseMs: () => 4 }),
  );
  slow.lift();
  return visits;
}

const conditions: Record<string, (scene: Scene) => Promise<Visit[]>> = {
  "idle, with a table that takes its time": (scene) => withSlowTable(scene, slowCallMs),

  async "with the worker frozen meanwhile"(scene) {
    const { web, worker, agent } = scene;
    const all = await subjects(scene);
    worker.kill("SIGSTOP");
    let polls = 0;
    const polled = Promise.withResolvers<void>();
    const visits = all.map((subject) =>
      watchChange({
        web: web.url,
        agent,
        ...subject,
        pauseMs() {
          polls += 1;
          // Everybody has corrected, and most have withdrawn as well.
          if (polls === 2 * all.length) polled.resolve();
          return pairs * (1 + 2 * Math.random());
        },
      }),
    );
    await Promise.race([polled.promise, Promise.all(visits)]);
    worker.kill("SIGCONT");
    return Promise.all(visits);
  },
};

conditions["withdrawn in a backlog, before the registration is settled"] = async (scene) => {
  const { cell, web, worker, agent } = scene;
  const all = shuffled(Array.from({ length: pairs }, () => [true, false]).flat());
  const subjectsEarly = await forEach(all, preparedAtOnce, async (known) => {
    const email = newAddress();
    if (known) await register(scene, email);
    return { known, email };
  });
  worker.kill("SIGSTOP");
  const slow = cell.dynamoDbProxy.inject({ kind: "delay", ms: slowCallMs / 4 });
  const withdrawn = Promise.withResolvers<void>();
  let accepted = 0;
  const visits = subjectsEarly.map((subject) =>
    watchEarlyWithdrawal({
      web: web.url,
      agent,
      ...subject,
      beforeWithdrawal() {
        accepted += 1;
        // A known address is settled a while after its insert: longer ago than that everybody was accepted.
        if (accepted === all.length) setTimeout(withdrawn.resolve, 1_000);
        return withdrawn.promise;
      },
      pauseMs: () => 20 + 20 * Math.random(),
    }),
  );
  await withdrawn.promise;
  worker.kill("SIGCONT");
  const seen = await Promise.all(visits);
  slow.lift();
  return seen;
};

t.test(`by changes of ${pairs} known and ${pairs} new addresses`, async (t) => {
  await nobodyCanTell(t, await prepareScene(t, engines), conditions);
});

t.test("control: a status that waits for the tombstone of a withdrawal gives them away", async (t) => {
  const scene = await prepareScene(t, engines, { programs: { web: "variants/withdrawal-at-once.ts" } });
  // What other programs do at the same time can hide a call: then a longer one is looked for.
  let found = false;
  for (const times of [1, 3, 6]) {
    found = !guessed(t, await withSlowTable(scene, times * slowCallMs)).isByChance;
    if (found) break;
  }
  t.ok(found);
});
