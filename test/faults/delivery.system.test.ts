/** A queue that gives messages out twice and out of order, as SQS may: nothing shows of it. */
import t from "tap";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { createCircuitBreaker } from "../../worker/circuit-breaker.ts";
import { createDrain } from "../../worker/drain.ts";
import { eventually } from "../equipment/eventually.ts";
import { people } from "../equipment/people.ts";
import { recordLog } from "../equipment/recorded-log.ts";
import { startEngines, type Cell } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import type { Injection } from "./fault-proxy.ts";
import { putPacks } from "./put-packs.ts";
import { createRandom } from "./random.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;

/**
 * How many messages are received at once, and so how many can be hit, is the workers' matter.
 * @returns who was put on the queue until so many were
 */
async function putUntilHit(cell: Cell, injection: Injection, hits: number): Promise<Registration[]> {
  const more: Registration[] = [];
  await eventually(async () => {
    if (injection.hits >= hits) return true;
    more.push(...(await putPacks(cell, 10)));
    return false;
  }, `${hits} deliveries were altered`);
  return more;
}

t.test("messages that SQS gives out twice are stored once", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const registrations = await putPacks(cell, 60);
  const twice = cell.sqsProxy.inject({
    kind: "duplicate-delivery",
    entryShare: 0.7,
    share: 0.6,
    actions: ["ReceiveMessage"],
  });
  await Promise.all([cell.startTier("worker"), cell.startTier("worker", { name: "worker-2" })]);
  registrations.push(...(await putUntilHit(cell, twice, 15)));
  await cell.drained();
  await expectStored(t, cell, registrations);
});

t.test("messages that come in any order leave the first registration of an address in place", async (t) => {
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 2 });
  t.teardown(() => cell.close());
  const registrations = await putPacks(cell, 60);
  const shuffled = cell.sqsProxy.inject({
    kind: "reordered-delivery",
    entryShare: 0.5,
    share: 0.5,
    actions: ["ReceiveMessage"],
  });
  await cell.startTier("worker");
  registrations.push(...(await putUntilHit(cell, shuffled, 10)));
  await cell.drained();
  const late = createRandom("late")
    .shuffle(registrations)
    .map((one, index) => ({ ...one, id: `late-${index}-0000`, name: "Too Late" }));
  await cell.put(late.map((one) => encodePack([one])));
  await cell.drained();
  await expectStored(t, cell, registrations);
});

t.test("a handler that throws for one message of ten takes none of its neighbours along", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const packs = Array.from({ length: 10 }, () => people(1));
  await cell.put(packs.map(encodePack));
  const log = recordLog();
  const breaker = () =>
    createCircuitBreaker({
      now: () => performance.now(),
      random: Math.random,
      minBackoffMs: 100,
      maxBackoffMs: 100,
      onChange: () => {},
    });
  const handled: string[] = [];
  const drain = createDrain({
    sqs: cell.sqs,
    queueUrl: cell.queueUrl,
    pollers: 1,
    receiveWaitSeconds: 1,
    visibilityTimeoutSeconds: 30,
    stopDeadlineSeconds: 10,
    async process({ Body: body = "" }) {
      handled.push(body);
      if (body.includes(packs[3]![0]!.id)) throw new Error("this one is too much");
      return true;
    },
    receiveBreaker: breaker(),
    deleteBreaker: breaker(),
    neededBreakers: [],
    logger: log.logger,
    now: () => performance.now(),
    onDeleteFailed: () => {},
  });
  drain.start();
  await eventually(() => handled.length === 10, "all were handed over");
  await eventually(async () => (await cell.counts()).inFlight === 1, "the nine others are deleted");
  await drain.stop();
  t.same(await cell.counts(), { waiting: 0, inFlight: 1 }, "the one stays on the queue");
  t.ok(log.records.some(({ msg }) => msg?.includes("could not be processed")));
});
