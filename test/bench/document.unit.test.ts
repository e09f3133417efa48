import { readFileSync } from "node:fs";
import { t } from "../equipment/file-test.ts";
import { withResults } from "../../bench/report/document.ts";
import type { Results } from "../../bench/results.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const document = read("docs/performance.md");
const results = JSON.parse(read("bench/results.json")) as Results;

t.test("docs/performance.md shows the figures of bench/results.json, and no others", async (t) => {
  t.equal(withResults(document, results), document, "npm run bench writes both");
  const [goal, ...goals] = results.goals;
  const other = { ...results, goals: [{ ...goal!, median: goal!.median * 2 }, ...goals] };
  t.not(withResults(document, other), document, "control: a figure that differs is seen");
});

t.test("a document without a place for the figures is not written over", async (t) => {
  t.throws(() => withResults("# Performance", results), /no place/);
});
