import { t } from "../equipment/file-test.ts";
import { eventually } from "../equipment/eventually.ts";
import { createReplayRuns, type ReplayRun } from "../../console/replay-runs.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { addRecord, openConsole, registrationOf } from "./open-console.ts";

t.test("replays that run by themselves", async (t) => {
  const { connection } = await startEngines(t, ["worker"]);
  const { deadLetters } = await openConsole(t, connection);
  const seen: ReplayRun[] = [];
  const runs = createReplayRuns({
    connection,
    service: deadLetters,
    outcomeTimeoutSeconds: 30,
    wallClock: Date.now,
    onChange: (run) => seen.push(run),
  });
  t.teardown(() => runs.close());
  const request = { canary: 1, rate: 1_000, why: "mended" };

  t.test("tell each outcome as it comes, and the end", async (t) => {
    const ids: string[] = [];
    for (let count = 0; count < 15; count += 1) {
      const registration = registrationOf(`ann${count}@example.org`);
      ids.push((await addRecord(connection, { registration })).id);
    }
    const { id } = await runs.start({ ids, ...request });
    await eventually(() => runs.find(id)?.summary, "the end", 30_000);
    t.match(runs.find(id), { selected: 15, counts: { resolved: 15 }, stopped: [], summary: { untouched: 0 } });
    t.equal(runs.latest()?.id, id);
    await eventually(() => seen.at(-1)?.summary, "the end is told");
    t.match((await deadLetters.read(ids[0]!)).record, { state: "resolved", history: [{}, {}] });
  });

  t.test("come one at a time, and end with the console", async (t) => {
    const registration = registrationOf("last@example.org");
    const { id } = await addRecord(connection, { registration });
    const first = await runs.start({ ids: [id], ...request });
    await t.rejects(runs.start({ ids: [id], ...request }), { code: "TURNOUT_REQUEST_INVALID" });
    await runs.close();
    t.ok(runs.find(first.id)?.summary);
    runs.stop(first.id);
    runs.stop("of nobody");
  });
});
