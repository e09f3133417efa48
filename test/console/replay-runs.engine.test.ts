import { t } from "../equipment/file-test.ts";
import { eventually } from "../equipment/eventually.ts";
import { createReplayRuns, type ShownRun } from "../../console/replay-runs.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { addRecord, openConsole, registrationOf } from "./open-console.ts";

t.test("the runs of a console", async (t) => {
  const { connection } = await startEngines(t, ["worker"]);
  const { deadLetters } = await openConsole(t, connection);
  const ending = new AbortController();
  t.teardown(() => ending.abort());
  const seen: ShownRun[] = [];
  const open = (isWatched = false) => {
    const runs = createReplayRuns({
      connection,
      wallClock: Date.now,
      signal: ending.signal,
      isWatched: () => isWatched,
      onChange: (shown) => seen.push(shown),
    });
    t.teardown(() => runs.close());
    return runs;
  };
  const runs = open();
  const request = (ids: string[]) => ({
    selector: { ids },
    ids,
    canary: 1,
    rate: 1_000,
    why: "mended",
    again: false,
    outcomeTimeoutSeconds: 30,
  });

  t.test("tell each outcome as it comes, and the end, in another console too, and after a restart", async (t) => {
    const ids: string[] = [];
    for (let count = 0; count < 15; count += 1) {
      const registration = registrationOf(`ann${count}@example.org`);
      ids.push((await addRecord(connection, { registration })).id);
    }
    const id = await runs.start(request(ids));
    const watching = open(true);
    watching.follow(id);
    watching.follow(id);
    const shown = await eventually(() => seen.find(({ standing }) => standing === "done"), "the end is told", 30_000);
    t.match(shown.run, { id, selected: 15, sent: 15, counts: { resolved: 15 }, selection: "15 chosen one by one" });
    t.equal(shown.run.outcomes.length, 15);
    t.match(await open().find(id), { standing: "done" });
    t.match(await open().list(), [{ standing: "done", run: { id, why: "mended", hands: [{ who: / on / }] } }]);
    const { history } = (await deadLetters.read(ids[0]!)).record;
    t.strictSame(
      history.map(({ what }) => what),
      ["failed", "replayed", "resolved"],
    );
    const log = (await deadLetters.readLog(2)).map(({ detail }) => detail);
    t.strictSame(log, [`replay ${id} done: sent 15 of 15: 15 resolved`, `started a replay of 15 selected: ${id}`]);
  });

  t.test("come one at a time, and can be resumed when their console has ended", async (t) => {
    const registration = registrationOf("last@example.org");
    const { id } = await addRecord(connection, { registration });
    const console = open();
    const first = await console.start(request([id]));
    await t.rejects(open().start(request([id])), { code: "TURNOUT_REPLAY_RUNNING", message: first });
    await t.rejects(runs.resume(first), { code: "TURNOUT_REPLAY_RUNNING" });
    await console.close();
    const left = await runs.find(first);
    if (left?.standing === "stopped") {
      t.match(left.run.stop, { lines: ["the console was ended"] });
      await runs.resume(first);
      await eventually(async () => (await runs.find(first))?.standing === "done", "it is resumed", 30_000);
    }
    t.match(await runs.find(first), { standing: "done", run: { counts: { resolved: 1 } } });
    await t.rejects(runs.stop(first), { code: "TURNOUT_REPLAY_CHANGED", message: /done already/ });
    await t.rejects(runs.resume(first), { code: "TURNOUT_REPLAY_CHANGED", message: /nothing is left/ });
    await t.rejects(runs.stop("of nobody"), { code: "TURNOUT_REPLAY_UNKNOWN" });
    t.equal(await runs.busy(), undefined);
  });
});
