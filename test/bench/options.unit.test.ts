import { t } from "../equipment/file-test.ts";
import { readOptions, scenarioNames, UsageError } from "../../bench/options.ts";
import { variants } from "../../bench/variants.ts";

t.test("without options everything is measured in eight rounds and written", async (t) => {
  const options = readOptions([]);
  t.match(options, { rounds: 8, quick: false, json: "bench/results.json", profileFolder: undefined });
  t.same([...options!.scenarios], [...scenarioNames]);
  t.same(options!.variants, variants);
});

t.test("a quick run and a part of a run write nothing unless told where", async (t) => {
  t.match(readOptions(["--quick"]), { rounds: 1, quick: true, json: undefined });
  t.match(readOptions(["--only", "latency"]), { json: undefined });
  t.match(readOptions(["--quick", "--rounds", "2", "--json", "a.json"]), { rounds: 2, json: "a.json" });
});

t.test("a part is one of the scenarios or single variants", async (t) => {
  const latency = readOptions(["--only", "latency"])!;
  t.same([...latency.scenarios], ["latency"]);
  t.same(latency.variants, []);
  const pair = readOptions(["--only", "web/product,web/bare-fastify"])!;
  t.same(
    pair.variants.map(({ name }) => name),
    ["web/product", "web/bare-fastify"],
  );
  const workers = readOptions(["--only", "worker"])!.variants;
  t.ok(workers.length > 3);
  t.ok(workers.every(({ tier }) => tier === "worker"));
});

t.test("help is asked for by name, and what cannot be followed is said", async (t) => {
  t.equal(readOptions(["--help"]), undefined);
  for (const args of [["--rounds", "0"], ["--rounds", "x"], ["--rounds", "2.5"], ["--only", "webb"], ["--fast"]]) {
    try {
      readOptions(args);
      t.fail(args.join(" "));
    } catch (error) {
      t.ok(error instanceof UsageError, args.join(" "));
    }
  }
});
