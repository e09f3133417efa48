/** Faults of DynamoDB as a whole: the breaker holds, names what to mend, harms no message, and closes by itself. */
import t from "tap";
import { eventually, stretched } from "../equipment/eventually.ts";
import { startEngines, type Cell } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import { accessDenied, internalError, missingTable, type Fault, type FaultTarget } from "./fault.ts";
import { putPacks } from "./put-packs.ts";
import type { TierProcess } from "./tier-process.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;

const writes = { actions: ["BatchExecuteStatement"] };

interface SystemFaultCase {
  readonly name: string;
  readonly fault: (cell: Cell) => Fault & FaultTarget;
  /** What the message has to name. */
  readonly names: (cell: Cell) => (string | RegExp)[];
}

const table = (cell: Cell) => cell.registrationsTable;
const systemFaults: readonly SystemFaultCase[] = [
  {
    name: "dynamodb:PartiQLInsert is denied",
    fault: (cell) => ({ ...accessDenied("dynamodb:PartiQLInsert", table(cell)), ...writes }),
    names: (cell) => ["access-denied", "dynamodb:PartiQLInsert", table(cell), "Roles/WorkerRole"],
  },
  {
    name: "dynamodb:PartiQLInsert is denied statement by statement",
    fault: () => ({ kind: "failed-statements", entryShare: 1, code: "AccessDenied", ...writes }),
    names: (cell) => ["access-denied", "dynamodb:PartiQLInsert", table(cell), "Roles/WorkerRole"],
  },
  {
    name: "the table is missing",
    fault: () => ({ ...missingTable, ...writes }),
    names: (cell) => ["missing-resource", table(cell), "Data"],
  },
  {
    name: "the table is missing, statement by statement",
    fault: () => ({ kind: "failed-statements", entryShare: 1, code: "ResourceNotFound", ...writes }),
    names: (cell) => ["missing-resource", table(cell), "Data"],
  },
  {
    name: "DynamoDB answers 500 to everything",
    fault: () => internalError,
    names: (cell) => ["unreachable", table(cell)],
  },
  {
    name: "DynamoDB takes calls and never answers",
    fault: () => ({ kind: "black-hole" }),
    names: (cell) => ["unreachable", table(cell)],
  },
  {
    name: "every statement fails with InternalServerError",
    fault: () => ({ kind: "failed-statements", entryShare: 1, code: "InternalServerError", ...writes }),
    names: (cell) => [table(cell)],
  },
  {
    name: "every statement is throttled",
    fault: () => ({ kind: "failed-statements", entryShare: 1, code: "ThrottlingError", ...writes }),
    names: (cell) => ["throttled", table(cell)],
  },
];

async function unhealthyWithin(worker: TierProcess, withinMs: number): Promise<number> {
  const began = performance.now();
  await eventually(async () => (await worker.health()).httpStatus === 503, "the worker is unhealthy", withinMs);
  return performance.now() - began;
}

for (const { name, fault, names } of systemFaults) {
  t.test(`while ${name}, the worker says so within 5 s, harms no message, and recovers by itself`, async (t) => {
    // Long enough for a heartbeat that a busy machine sends late.
    const [visibilityTimeoutSeconds, maxReceiveCount] = [4, 2];
    const cell = await engines.createCell({
      visibilityTimeoutSeconds,
      maxReceiveCount,
      environment: { WRITE_TIMEOUT_MS: "300", MESSAGE_DEADLINE_SECONDS: "2" },
    });
    t.teardown(() => cell.close());
    const worker = await cell.startTier("worker");
    const injection = cell.dynamoDbProxy.inject(fault(cell));
    const registrations = (await Promise.all(Array.from({ length: 6 }, () => putPacks(cell, 1, 30)))).flat();
    await eventually(() => injection.hits > 0, "the fault is met");
    const tookMs = await unhealthyWithin(worker, 10_000);
    t.ok(tookMs < stretched(5_000), `unhealthy after ${Math.round(tookMs)} ms`);
    // On a busy machine a call that only takes long may be met first.
    await eventually(
      async () => {
        const causes = (await worker.health()).causes.join("\n");
        return names(cell).every((part) => (typeof part === "string" ? causes.includes(part) : part.test(causes)));
      },
      `the cause is named: ${names(cell).join(", ")}`,
    );
    const isLogged = () =>
      worker.log.some(({ level, message }) => level === "error" && String(message).includes(table(cell)));
    await eventually(isLogged, "it is in the log as well");
    const until = performance.now() + 1.5 * visibilityTimeoutSeconds * maxReceiveCount * 1_000;
    await eventually(() => performance.now() > until, "longer than maxReceiveCount × visibility");
    t.ok(Math.max(...cell.effects.deliveries.values()) <= maxReceiveCount, "no receive count has climbed to its end");
    t.same(await cell.deadLetters(), [], "nothing is dead-lettered");
    injection.lift();
    cell.heal();
    await cell.drained();
    await eventually(async () => (await worker.health()).httpStatus === 200, "it is healthy again");
    t.same(worker.ends, [], "without a restart");
    await expectStored(t, cell, registrations);
  });
}
