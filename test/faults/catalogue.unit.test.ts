/** The page that says what is tried, and the tests that try it, name each other. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../equipment/file-test.ts";

t.test(
  "docs/reliability.md names every test of this folder but this one, and no test that does not exist",
  async (t) => {
    const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "reliability.md"), "utf8");
    const named = new Set([...page.matchAll(/\.\.\/test\/faults\/([\w.-]+\.test\.ts)/g)].map(([, file]) => file));
    const present = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".test.ts"));
    t.same(named, new Set(present.filter((file) => file !== "catalogue.unit.test.ts")));
  },
);
