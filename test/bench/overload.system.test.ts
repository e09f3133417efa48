import { join } from "node:path";
import t from "tap";
import { skipUnlessLong } from "../equipment/run-length.ts";
import { readResults, runBench } from "./quick-run.ts";

t.test(
  "overload and the long run are measured, and whoever is rejected is told when to come back",
  { skip: skipUnlessLong },
  async (t) => {
    const file = join(t.testdir(), "results.json");
    const { code, stderr } = await runBench(t, "--quick", "--only", "overload,endurance", "--json", file);
    t.equal(code, 0, stderr);
    const { trials, overload, endurance } = readResults(file);
    t.same(trials, []);
    t.same(
      overload!.steps.map(({ limit, multiple }) => `${limit} ${multiple}`),
      ["queue 1", "queue 2", "queue 5", "queue 10", "process 1", "process 2", "process 5", "process 10"],
    );
    const steps = overload!.steps;
    t.ok(steps.some(({ shedPerSecond }) => shedPerSecond > 0));
    t.equal(
      steps.reduce((sum, step) => sum + step.shedWithoutRetryAfter, 0),
      0,
    );
    t.same(
      endurance.map(({ tier }) => tier),
      ["web", "worker"],
    );
    for (const { windows } of endurance) t.equal(windows.length, 3);
  },
);
