import { join } from "node:path";
import t from "tap";
import { variants } from "../../bench/variants.ts";
import { readResults, runBench } from "./quick-run.ts";

t.test("every worker variant works: all that waited were stored, once, and its CPU was measured", async (t) => {
  const file = join(t.testdir(), "results.json");
  const { code, stderr } = await runBench(t, "--quick", "--only", "worker", "--json", file);
  t.equal(code, 0, stderr);
  const { trials, goals } = readResults(file);
  const workers = variants.filter(({ tier }) => tier === "worker");
  t.same(
    trials.map(({ variant }) => variant),
    workers.map(({ name }) => name),
  );
  for (const { variant, cpuMicrosPerRegistration } of trials) t.ok(cpuMicrosPerRegistration > 0, variant);
  t.same(
    goals.map(({ name }) => name),
    ["worker-batch-write", "worker-put-items", "worker-mails"],
  );
});
