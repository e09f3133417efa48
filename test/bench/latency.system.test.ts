import { join } from "node:path";
import t from "tap";
import { skipUnlessLong } from "../equipment/run-length.ts";
import { readResults, runBench } from "./quick-run.ts";

t.test("latency is measured, and the tiers on the embedded engines", { skip: skipUnlessLong }, async (t) => {
  const file = join(t.testdir(), "results.json");
  const { code, stderr } = await runBench(t, "--quick", "--only", "latency,embedded", "--json", file);
  t.equal(code, 0, stderr);
  const { latency, embedded } = readResults(file);
  t.ok(latency[0]!.product.p50 > 0);
  t.ok(latency[0]!.sendMessage.p50 > 0);
  t.same(
    embedded.map(({ web, worker }) => [web, worker]),
    [
      ["web/product", "worker/product"],
      ["web/send-message", "worker/batch-write"],
    ],
  );
});
