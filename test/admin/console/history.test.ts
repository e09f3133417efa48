import t from "tap";
import { createHistory, toHistoryPoint } from "../../../admin/console/history.ts";

t.test("what is older than the span is forgotten; a failed look is a gap, not a zero", async (t) => {
  const history = createHistory(10);
  for (const at of [0, 5, 9, 12]) history.add({ ...toHistoryPoint(at * 1_000, undefined), people: at });
  history.add(toHistoryPoint(15_000, undefined));
  t.same(history.columns().at, [5, 9, 12, 15]);
  t.same(history.columns().people, [5, 9, 12, null]);
  t.same(history.columns().acceptedPerSecond, [null, null, null, null]);
});
