import { GetCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createRunStore } from "../../../admin/replay-runs/run-store.ts";
import { noCounts, newRunId, type ReplayRun } from "../../../admin/replay-runs/replay-run.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, controlsTable: TableName } = connection;
const store = createRunStore(documents, TableName);
const { signal } = new AbortController();

function runOf(at: string, changes: Partial<ReplayRun> = {}): ReplayRun {
  return {
    id: newRunId(at),
    hands: [{ who: "ann", at }],
    selection: "all open",
    why: "mended",
    canary: 1,
    rate: 100,
    again: false,
    outcomeTimeoutSeconds: 60,
    selected: 10_000,
    state: "running",
    progress: { position: 0, sent: 0, counts: noCounts },
    sent: 0,
    counts: noCounts,
    outcomes: [],
    stop: undefined,
    endedAt: undefined,
    ...changes,
  };
}

t.test("a run is kept with its selection, for ninety days, and listed, newest first", async (t) => {
  const [older, newer] = [runOf("2026-01-31T09:00:00.000Z"), runOf("2026-01-31T10:00:00.000Z")];
  const selection = Array.from({ length: 10_000 }, (_, number) => ({ id: `dead-letter-${number}`, failures: 1 }));
  for (const run of [older, newer]) await store.create(run, selection, "holder");
  t.strictSame(await store.read(older.id), older);
  t.strictSame(await store.readSelection(older.id), selection);
  const listed = await store.list(signal);
  t.strictSame(
    listed.map(({ id }) => id),
    [newer.id, older.id],
    "without the pieces of their selections",
  );
  const { outcomes: _, progress: __, ...summary } = newer;
  t.strictSame(listed[0], summary);
  const { Items = [] } = await documents.send(new ScanCommand({ TableName }));
  const expiry = Date.parse("2026-05-01T09:00:00.000Z") / 1_000;
  t.ok(Items.every(({ expiresAt }) => expiresAt === expiry || expiresAt === expiry + 3_600));

  await store.dropSelection(older);
  await store.dropSelection(older);
  t.equal(await store.readSelection(older.id), undefined);
  t.equal((await store.readSelection(newer.id))?.length, 10_000);
  t.equal(await store.read("20260131T090000-00000000"), undefined);
});

t.test("only who holds a run writes its record", async (t) => {
  const run = runOf("2026-01-31T11:00:00.000Z");
  await store.create(run, [], "first");
  t.equal(await store.save({ ...run, sent: 1 }, "first"), true);
  await store.hand({ ...run, sent: 1 }, "second");
  t.equal(await store.save({ ...run, sent: 2 }, "first"), false);
  const done: ReplayRun = { ...run, sent: 3, state: "stopped", stop: { code: "interrupted", lines: ["x"] } };
  t.equal(await store.save({ ...done, endedAt: "2026-01-31T11:01:00.000Z" }, "second"), true);
  t.strictSame(await store.read(run.id), { ...done, endedAt: "2026-01-31T11:01:00.000Z" });
  const { Item } = await documents.send(new GetCommand({ TableName, Key: { id: `replay#${run.id}` } }));
  t.match(Item, { run: run.id, holder: "second" });
});

t.test("of runs that began in the same second, the later one is listed first", async (t) => {
  const at = (milliseconds: number) => `2026-02-28T09:00:00.${milliseconds}Z`;
  const runs = [runOf(at(100), { id: "20260228T090000-ffffffff" }), runOf(at(900), { id: "20260228T090000-00000000" })];
  for (const run of runs) await store.create(run, [], "holder");
  const [first, second] = await store.list(signal);
  t.strictSame([first?.id, second?.id], [runs[1]!.id, runs[0]!.id]);
});
