import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createAuditLog } from "../../../admin/audit-log.ts";
import { createReplayRunner, type ReplayRunnerOptions } from "../../../admin/replay-runs/replay-runner.ts";
import { createRunLease } from "../../../admin/replay-runs/run-lease.ts";
import { createRunStore } from "../../../admin/replay-runs/run-store.ts";
import { deadLetters, putAll } from "../../equipment/dead-letter-seeds.ts";
import { eventually } from "../../equipment/eventually.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, controlsTable, deadLettersTable } = connection;
const store = createRunStore(documents, controlsTable);
const leases = createRunLease({ documents, controlsTable, wallClock: Date.now });
const { signal } = new AbortController();

function runnerOf(who: string, changes: Partial<ReplayRunnerOptions["connection"]> = {}) {
  return createReplayRunner({
    connection: { ...connection, identity: () => Promise.resolve(who), ...changes },
    wallClock: Date.now,
    signal,
    onChange: () => {},
    note: (text) => t.fail(text),
  });
}

const letters = deadLetters(5);
const ids = letters.map(({ id }) => id);
const request = {
  selector: { filter: { state: "open" } },
  ids,
  why: "mended",
  canary: 2,
  rate: 100,
  again: false,
  outcomeTimeoutSeconds: 60,
} as const;

async function logged(): Promise<string[]> {
  const log = createAuditLog({ connection, who: "", wallClock: Date.now });
  return (await log.read("", signal)).map(({ who, detail }) => `${who} ${detail}`);
}

t.test("what cannot be registered is not begun, and keeps nobody from the next one", async (t) => {
  await t.rejects(runnerOf("ann", { deadLettersTable: "no-such-table" }).start(request), {
    name: "ResourceNotFoundException",
  });
  t.strictSame(await store.list(signal), []);
  const until = (await leases.read())?.until ?? "";
  t.ok(Date.parse(until) < Date.now(), "the lease is free");
});

t.test("who loses the lease ends, writes nothing more, and another one goes on without sending twice", async (t) => {
  await putAll(documents, deadLettersTable, letters);
  const first = await runnerOf("ann").start(request);
  await eventually(() => first.current().sent === 2, "the canary is sent");
  await eventually(async () => (await store.read(first.id))?.sent === 2, "and written");
  // As if it had been suspended for longer than the lease, and somebody else had resumed and been killed.
  await documents.send(
    new UpdateCommand({
      TableName: controlsTable,
      Key: { id: "replay-lock" },
      UpdateExpression: "SET holder = :other, #until = :past",
      ExpressionAttributeNames: { "#until": "until" },
      ExpressionAttributeValues: { ":other": "another", ":past": new Date(0).toISOString() },
    }),
  );
  const lost = await first.ended;
  t.match(lost, { state: "stopped", stop: { lines: [/another process/] } });
  t.match(await store.read(first.id), { state: "running", sent: 2 }, "its record is not its own any more");

  const second = await runnerOf("bob").resume(first.id);
  await eventually(() => second.current().sent === 4, "two more are sent", 20_000);
  second.stop("enough");
  t.match(await second.ended, { state: "stopped", sent: 4, hands: [{ who: "ann" }, { who: "bob" }] });
  const { id } = first;
  t.strictSame(await logged(), [
    `ann started a replay of 5 selected: ${id}`,
    `bob resumed the replay ${id}, of which 5 of 5 selected had no outcome`,
    `bob replay ${id} stopped: sent 4 of 5: 4 without an outcome yet`,
  ]);
});
