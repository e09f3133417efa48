import { t } from "../equipment/file-test.ts";
import { queueTimes } from "../../infra/data.ts";
import { createVersionLog, hiddenReceives, hideSecondsAfter } from "../../worker/other-versions.ts";
import { recordLog } from "../equipment/recorded-log.ts";

t.test("it is hidden for minutes, longer each time, and for over an hour in all", async (t) => {
  const seconds = Array.from({ length: hiddenReceives }, (_, index) => hideSecondsAfter(index + 1)!);
  t.strictSame(seconds.slice(0, 5), [60, 120, 240, 480, 900]);
  t.ok(Math.min(...seconds) >= 2 * queueTimes.visibilityTimeoutSeconds, "longer than any redelivery takes");
  t.ok(seconds.reduce((sum, one) => sum + one) > 3_600, "longer than a deployment");
});

t.test("it is given up before SQS would do that for the number of its receives", async (t) => {
  t.ok(hiddenReceives < queueTimes.maxReceives - 1);
  t.equal(hideSecondsAfter(hiddenReceives + 1), undefined);
  t.equal(hideSecondsAfter(1_000), undefined);
});

t.test("however many are hidden, that is logged once a minute", async (t) => {
  const { logger, records } = recordLog();
  let now = 0;
  const log = createVersionLog(logger, () => now);
  for (let count = 0; count < 1_000; count += 1) log();
  now = 60_000;
  log();
  t.match(records, [{ packs: 1 }, { packs: 1_000, msg: /another version/ }]);
});
