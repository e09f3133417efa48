import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../equipment/file-test.ts";
import { consolePlan, dynamoDbPlan, sesPlan, sqsPlan, tierPlan, urlOf } from "../../local/process-plans.ts";

const nothing = async () => {};

t.test("each plan starts a file that exists, for one address on 127.0.0.1", async (t) => {
  t.ok(existsSync(sqsPlan(1, "r", "/f", nothing).args[0]!));
  t.ok(existsSync(sesPlan(1).args[0]!));
  t.ok(existsSync(tierPlan("web", 1, {}).args.at(-1)!));
  t.ok(existsSync(tierPlan("worker", 1, {}).args.at(-1)!));
  t.ok(existsSync(consolePlan(1, {}, true).args[0]!));
  t.equal(urlOf(80), "http://127.0.0.1:80");
  t.match(
    dynamoDbPlan({ host: "127.1.2.3", port: 5 }, "binary", "/file", nothing).args.join(" "),
    "--host 127.1.2.3 --port 5 --db-path /file",
  );
});

t.test("a tier gets the same flags of Node wherever it is started", async (t) => {
  const read = (path: string) => readFileSync(join(import.meta.dirname, "..", "..", path), "utf8");
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  // The check of the install is for those who type a command.
  const flagsOf = (line: string) => line.split(/\s+/).filter((word) => /^--(?!import=)/.test(word));
  for (const tier of ["web", "worker"] as const) {
    const flags = flagsOf(tierPlan(tier, 1, {}).args.join(" "));
    t.ok(flags.length > 0);
    t.same(flagsOf(scripts[tier]!), flags);
    t.same(flagsOf(read("infra/bundle/Procfile")), flags);
  }
});

t.test("a debugger may connect to a tier only where a port is given, from this machine", async (t) => {
  t.ok(tierPlan("web", 1, {}, 9229).args.includes("--inspect=127.0.0.1:9229"));
  t.notMatch(tierPlan("web", 1, {}).args.join(" "), /inspect/);
});

t.test("a tier is waited for longer than it may take to stop", async (t) => {
  t.ok(tierPlan("worker", 1, {}).stopWithinMs > 8_000);
});

t.test("the console is open to the machine only where its engines are", async (t) => {
  t.ok(consolePlan(1, {}, true).args.includes("--open-to-machine"));
  t.notOk(consolePlan(1, {}, false).args.includes("--open-to-machine"));
});
