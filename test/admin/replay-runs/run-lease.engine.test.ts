import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createRunLease, type LeaseEnd } from "../../../admin/replay-runs/run-lease.ts";
import { eventually } from "../../equipment/eventually.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, controlsTable } = connection;
let now = Date.now();
const wallClock = () => now;
const leases = createRunLease({ documents, controlsTable, wallClock });
const endOf = (signal: AbortSignal) => eventually(() => signal.aborted && (signal.reason as LeaseEnd), "its end");

t.test("of many who take it at once, one has it, and the others hear who", async (t) => {
  const takes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, number) => leases.take(`run-${number}`, `admin ${number}`)),
  );
  const winners = takes.flatMap((take) => (take.status === "fulfilled" ? [take.value] : []));
  t.equal(winners.length, 1);
  const { run, by } = (await leases.read())!;
  for (const take of takes) {
    if (take.status === "rejected") t.match(take.reason, { code: "TURNOUT_REPLAY_RUNNING", message: `${by} runs` });
  }
  await t.rejects(leases.take("another", "ann"), { message: `runs stop ${run}` });
  await winners[0]!.release();
  await winners[0]!.release();
  const next = await leases.take("another", "ann");
  t.ok(next.isHeld());
  await next.release();
});

t.test("a request to stop is heard with the next renewal, and a later lease knows nothing of it", async (t) => {
  const lease = await leases.take("run-a", "ann");
  t.equal(await leases.requestStop("of another run", "bob"), false);
  t.equal(await leases.requestStop("run-a", "bob"), true);
  t.equal(await leases.requestStop("run-a", "carl"), true, "the first one is told");
  t.strictSame(await endOf(lease.signal), { kind: "stop", by: "bob" });
  t.ok(lease.isHeld(), "until it has ended what it does");
  await lease.release();
  t.equal(await leases.requestStop("run-a", "bob"), false, "nobody performs it");
  const next = await leases.take("run-a", "ann");
  t.notOk((await leases.read())?.stopBy);
  await next.release();
});

t.test("whoever was suspended for longer than the lease knows that it may be another's", async (t) => {
  const suspended = await leases.take("run-b", "ann");
  now += 14_000;
  t.ok(suspended.isHeld());
  await t.rejects(leases.take("run-b", "bob"), { code: "TURNOUT_REPLAY_RUNNING" });
  now += 1_001;
  t.notOk(suspended.isHeld());
  const next = await leases.take("run-b", "bob");
  t.strictSame(await endOf(suspended.signal), { kind: "lost" });
  t.notOk(suspended.isHeld());
  await suspended.release();
  t.match(await leases.read(), { by: "bob" }, "what it releases is no longer its own");
  t.ok(next.isHeld());
  await next.release();
});

t.test("it ends when its item is taken away", async (t) => {
  const lease = await leases.take("run-c", "ann");
  await documents.send(
    new UpdateCommand({
      TableName: controlsTable,
      Key: { id: "replay-lock" },
      UpdateExpression: "SET holder = :other",
      ExpressionAttributeValues: { ":other": "another" },
    }),
  );
  t.strictSame(await endOf(lease.signal), { kind: "lost" });
  t.notOk(lease.isHeld());
  await lease.release();
});
