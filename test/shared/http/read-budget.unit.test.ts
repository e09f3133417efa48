import { createHook } from "node:async_hooks";
import { t } from "../../equipment/file-test.ts";
import { stretched } from "../../equipment/eventually.ts";
import { createReadBudget } from "../../../shared/http/read-budget.ts";

const { signal } = new AbortController();

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

t.test("without a limit nothing waits and pages may be of any size", async (t) => {
  const budget = createReadBudget(undefined, 4);
  budget.spent(1_000_000, 1);
  t.equal(budget.pageLimit(), undefined);
  // A million seconds, were there one.
  t.ok((await timed(() => budget.wait(signal))) < stretched(5_000));
});

t.test("what was spent has to be waited for", async (t) => {
  const budget = createReadBudget(100, 1);
  let timers = 0;
  const counting = createHook({
    init(_id, type) {
      if (type === "Timeout") timers += 1;
    },
  }).enable();
  await budget.wait(signal);
  counting.disable();
  t.equal(timers, 0, "the first page is free to go");
  budget.spent(20, 10);
  const waitedMs = await timed(() => budget.wait(signal));
  t.ok(waitedMs > 150 && waitedMs < stretched(5_000), `20 units at 100 a second take 0.2 s, found ${waitedMs} ms`);
});

t.test("pages are cut so that all readers together make no burst", async (t) => {
  const budget = createReadBudget(100, 4);
  t.equal(budget.pageLimit(), 100, "before a price is known");
  budget.spent(50, 100);
  t.equal(budget.pageLimit(), 50, "100 units a second buy 200 items, shared by four");
  const small = createReadBudget(1, 4);
  small.spent(50, 10);
  t.equal(small.pageLimit(), 1, "never none");
});

t.test("whoever waits is let go when it stops", async (t) => {
  const budget = createReadBudget(1, 1);
  budget.spent(600, 1);
  t.ok((await timed(() => budget.wait(AbortSignal.timeout(50)))) < stretched(5_000));
});
