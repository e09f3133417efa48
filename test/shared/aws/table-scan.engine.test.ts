import { t } from "../../equipment/file-test.ts";
import { createReadBudget } from "../../../shared/http/read-budget.ts";
import { scanTable, type SegmentPosition, type TableScanOptions } from "../../../shared/aws/table-scan.ts";
import { putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, registrationsTable: tableName } = connection;
const { signal } = new AbortController();

/** More than a page of 1 MB holds. */
const count = 2_400;
const items = Array.from({ length: count }, (_, number) => ({
  email: `person-${number}@example.org`,
  group: number % 3,
  filling: "x".repeat(1_000),
}));
await putAll(documents, tableName, items);

async function scan(changes: Partial<TableScanOptions> = {}) {
  const emails: string[] = [];
  let pages = 0;
  await scanTable({
    documents,
    tableName,
    segments: 1,
    attributes: ["email"],
    signal,
    onPage(page) {
      pages += 1;
      for (const item of page) emails.push(String(item.email));
    },
    ...changes,
  });
  return { emails, pages };
}

t.test("every item is seen once, over pages and segments", async (t) => {
  for (const segments of [1, 2]) {
    const { emails, pages } = await scan({ segments });
    t.ok(pages > segments, "control: there is more than one page");
    t.equal(emails.length, count);
    t.equal(new Set(emails).size, count);
  }
});

t.test("only what was asked for is read, and only what passes", async (t) => {
  const found: unknown[] = [];
  await scan({
    attributes: ["group"],
    filter: { expression: "#group = :group", names: { "#group": "group" }, values: { ":group": 1 } },
    onPage: (page) => void found.push(...page),
  });
  t.equal(found.length, count / 3);
  t.same(found[0], { group: 1 });
});

t.test("a scan goes on where another one stopped", async (t) => {
  const stop = new AbortController();
  const first: string[] = [];
  const positions: SegmentPosition[] = Array.from({ length: 2 }, () => ({ done: false }));
  const stopped = scan({
    segments: 2,
    signal: stop.signal,
    onPage(page, { segment, position }) {
      first.push(...page.map((item) => String(item.email)));
      positions[segment] = position;
      stop.abort(new Error("stop"));
    },
  });
  await t.rejects(stopped, { message: "stop" });
  t.ok(first.length > 0 && first.length < count, "control: it was stopped in the middle");
  const { emails } = await scan({ segments: positions });
  t.equal(new Set([...first, ...emails]).size, count);
  t.equal(first.length + emails.length, count, "and nothing is read twice");
});

t.test("a budget cuts pages and slows the scan down", async (t) => {
  const began = performance.now();
  const { emails, pages } = await scan({ budget: createReadBudget(400, 1), consistent: false });
  t.equal(emails.length, count);
  t.ok(pages > 3, `${pages} pages`);
  t.ok(performance.now() - began > 300, "2,400 items of 1 KB cost 300 units or more");
});

t.test("a taker that fails ends the scan", async (t) => {
  const onPage = () => Promise.reject(new Error("disk full"));
  await t.rejects(scan({ onPage }), { message: "disk full" });
});
