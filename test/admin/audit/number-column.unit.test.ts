import { t } from "../../equipment/file-test.ts";
import { createNumberColumn } from "../../../admin/audit/number-column.ts";

t.test("an entry is what was set, or the preset, at any length", async (t) => {
  const column = createNumberColumn((length) => new Float64Array(length), Infinity);
  t.equal(column.get(0), Infinity);
  column.set(0, 1.5);
  column.set(100_000, 2);
  t.same(
    [column.get(0), column.get(1), column.get(99_999), column.get(100_000), column.get(10_000_000)],
    [1.5, Infinity, Infinity, 2, Infinity],
  );
});
