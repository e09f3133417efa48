import { t } from "../../equipment/file-test.ts";
import { createHeldPacks } from "../../../admin/audit/held-packs.ts";
import { bucketKey, bucketStart, levels } from "../../../shared/activity/bucket.ts";
import { putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, activityTable } = connection;
const [level] = levels;
const now = Date.parse("2026-03-01T10:00:05.000Z");
const heldPacks = () => createHeldPacks({ documents, activityTable, wallClock: () => now });

/** What workers say in the bucket of so many seconds ago. */
async function say(secondsAgo: number, held: Readonly<Record<string, number>>): Promise<void> {
  const bucket = bucketKey(level, bucketStart(level, now - secondsAgo * 1_000));
  const holdings = Object.entries(held).map(([id, packs]) => [id, { heldPacks: packs, heldPeople: packs * 25 }]);
  await putAll(documents, activityTable, [{ bucket, ...Object.fromEntries(holdings) }]);
}

t.test("of each worker its last word in the time that is asked about counts, and nothing before", async (t) => {
  t.equal(await heldPacks()(60_000), 0, "nobody has said anything");
  await say(55, { killed: 7 });
  await say(25, { one: 4, two: 3 });
  await say(12, { one: 0 });
  t.equal(await heldPacks()(30_000), 3);
  t.equal(await heldPacks()(120_000), 10, "asked about a longer time, the one that is gone as well");
  await say(2, { two: 0 });
  t.equal(await heldPacks()(30_000), 0);
});
