import t from "tap";
import { createTableThroughput, newTableWritesPerSecond } from "../../../load/plan/table-throughput.ts";

t.test("a table takes its warm throughput at once, and never less than a new table", async (t) => {
  t.equal(createTableThroughput(10_000).available(0), 10_000);
  t.equal(createTableThroughput(1).available(0), newTableWritesPerSecond);
});

t.test("twice its earlier peak counts half an hour later, not before", async (t) => {
  const table = createTableThroughput(newTableWritesPerSecond);
  table.write(0, 4_000);
  t.equal(table.available(1_799), 4_000);
  t.equal(table.available(1_800), 8_000);
  t.equal(table.available(9_000), 8_000, "and is kept");
});
