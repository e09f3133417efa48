import { Registry } from "prom-client";
import { t } from "../equipment/file-test.ts";
import { createDailySummary, type DailySummaryOptions } from "../../worker/daily-summary.ts";
import { deadLetters, person, putAll } from "../equipment/dead-letter-seeds.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { recordLog } from "../equipment/recorded-log.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());
const { documents } = engines;

async function prepare(changes: Partial<DailySummaryOptions> = {}) {
  const registrationsTable = await engines.createTable();
  const deadLettersTable = await engines.createTable("id");
  const registry = new Registry();
  const log = recordLog();
  const task = createDailySummary({
    documents,
    registrationsTable,
    deadLettersTable,
    registry,
    logger: log.logger,
    wallClock: () => Date.parse("2026-01-01T10:01:00.001Z"),
    stopping: new AbortController().signal,
    ...changes,
  });
  return { task, registry, log, registrationsTable, deadLettersTable };
}

t.test("one line and the metrics say what is stored, what waits, why and since when; twice is the same", async (t) => {
  const { task, registry, log, registrationsTable, deadLettersTable } = await prepare();
  await putAll(
    documents,
    registrationsTable,
    Array.from({ length: 7 }, (_, index) => person(index)),
  );
  await putAll(documents, deadLettersTable, [
    ...deadLetters(3, 1),
    ...deadLetters(2, 10).map((record) => ({ ...record, reason: "malformed", state: "replayed" })),
    ...deadLetters(4, 20).map((record) => ({
      ...record,
      state: "resolved",
      firstFailedAt: "2025-01-01T00:00:00.000Z",
    })),
    { id: "raw-1#1", partOf: "raw-1", bytes: new Uint8Array(3) },
  ]);
  const first = await task();
  t.strictSame(first, {
    at: "2026-01-01T10:01:00.001Z",
    storedApproximately: 7,
    open: 3,
    replayed: 2,
    storing: 0,
    byReason: {
      "crash-loop": { open: 3, replayed: 0, storing: 0, resolved: 4, discarded: 0 },
      malformed: { open: 0, replayed: 2, storing: 0, resolved: 0, discarded: 0 },
    },
    oldestOpenAt: "2026-01-01T09:01:00.001Z",
    oldestOpenSeconds: 3_600,
    complete: true,
  });
  t.strictSame(await task(), first);
  t.match(log.records, [
    { msg: "daily summary", open: 3 },
    { msg: "daily summary", open: 3 },
  ]);
  const lines = (await registry.metrics()).split("\n");
  for (const line of [
    "turnout_registrations_stored_approximately 7",
    'turnout_dead_letter_records{reason="crash-loop",state="open"} 3',
    'turnout_dead_letter_records{reason="malformed",state="replayed"} 2',
    'turnout_dead_letter_records{reason="item-too-large",state="open"} 0',
    "turnout_dead_letter_oldest_open_seconds 3600",
  ]) {
    t.ok(lines.includes(line), line);
  }
});

t.test("the registrations table is not read, however large it is", async (t) => {
  const { task, registrationsTable } = await prepare();
  const before = engines.dynamoDbProxy.calls.length;
  t.match(await task(), { open: 0, oldestOpenAt: null, oldestOpenSeconds: 0 });
  const calls = engines.dynamoDbProxy.calls.slice(before).filter(({ input }) => input.TableName === registrationsTable);
  t.strictSame(
    calls.map(({ operation }) => operation),
    ["DescribeTable"],
  );
});

t.test("when the time is up it tells what it has, and that there is more", async (t) => {
  const { task, deadLettersTable } = await prepare({ boundSeconds: 0.05 });
  await putAll(documents, deadLettersTable, deadLetters(3));
  let pages = 0;
  engines.dynamoDbProxy.intervene(async ({ operation }) => {
    if (operation !== "Scan") return undefined;
    pages += 1;
    if (pages > 2) await new Promise((resolve) => setTimeout(resolve, 60));
    return { alter: (answer) => ({ ...answer, LastEvaluatedKey: { id: { S: person(0).id } } }) };
  });
  t.match(await task(), { complete: false });
});

t.test("when DynamoDB rejects, the task fails, so that the daemon posts it again", async (t) => {
  const { task, log } = await prepare();
  engines.dynamoDbProxy.intervene(() => awsError("AccessDeniedException", "no"));
  await t.rejects(task(), { name: "AccessDeniedException" });
  t.strictSame(log.records, []);
});
