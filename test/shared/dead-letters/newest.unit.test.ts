import { t } from "../../equipment/file-test.ts";
import { createNewest } from "../../../shared/dead-letters/newest.ts";

t.test("the newest are kept, newest first, in whatever order they came", async (t) => {
  const newest = createNewest<string>(3, (time) => time);
  const times = Array.from({ length: 1_000 }, (_, index) => String((index * 7_919) % 1_000).padStart(4, "0"));
  for (const time of times) newest.add(time);
  t.same(newest.items(), ["0999", "0998", "0997"]);
  t.same(newest.items(), ["0999", "0998", "0997"], "and again");
});

t.test("fewer than asked are all of them", async (t) => {
  const newest = createNewest<string>(50, (time) => time);
  newest.add("a");
  newest.add("b");
  t.same(newest.items(), ["b", "a"]);
});
