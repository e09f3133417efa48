import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import {
  activityNames,
  bucketKey,
  bucketStart,
  holdingsOfItem,
  isNothing,
  levels,
  noActivity,
  sumOfItem,
} from "../../../shared/activity/bucket.ts";
import { sqsLimits } from "../../../shared/aws/aws-limits.ts";

t.test("a bucket holds every moment up to the next one's start, and its key says when it begins", async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom(...levels), (at, level) => {
      const start = bucketStart(level, at);
      return start <= at && at < start + level.widthMs && start % level.widthMs === 0;
    }),
  );
  const at = Date.parse("2026-03-01T09:12:34.567Z");
  t.same(
    levels.map((level) => bucketKey(level, bucketStart(level, at))),
    ["10s/2026-03-01T09:12:30Z", "1m/2026-03-01T09:12:00Z", "1h/2026-03-01T09:00:00Z"],
  );
});

t.test(
  "each level fits into the next, is kept for longer than it is read, and the last reaches as far as SQS",
  async (t) => {
    for (const [index, level] of levels.entries()) {
      const next = levels[index + 1];
      t.equal((next?.widthMs ?? level.widthMs) % level.widthMs, 0);
      t.ok(level.keepMs >= level.reachMs);
      if (next) t.ok(level.keepMs >= level.reachMs + next.widthMs, "its last bucket is widened to the next level's");
    }
    t.equal(levels.at(-1)?.reachMs, sqsLimits.maxRetentionSeconds * 1_000);
  },
);

t.test("an item is the sum over the processes in it; what is unknown in it counts nothing", async (t) => {
  t.same(sumOfItem(undefined), noActivity);
  t.ok(isNothing(noActivity));
  const item = {
    bucket: "10s/2026-03-01T09:12:30Z",
    expiresAt: 5,
    aaa: { accepted: 100, packsSent: 2 },
    bbb: { accepted: 1, packsSent: 1, ofAnotherVersion: 7, stored: "many" },
    ccc: { stored: 3 },
    ddd: "something",
  };
  t.same(sumOfItem(item), { ...noActivity, accepted: 101, packsSent: 3, stored: 3 });
  t.notOk(isNothing(sumOfItem(item)));
  t.same(Object.keys(noActivity), activityNames);
});

t.test("what each process holds is told by its id, if it says both", async (t) => {
  const item = {
    bucket: "10s/2026-03-01T09:12:30Z",
    expiresAt: 5,
    aaa: { stored: 1, heldPacks: 2, heldPeople: 300 },
    bbb: { heldPacks: 1 },
    ccc: { accepted: 1 },
  };
  t.same([...holdingsOfItem(item)], [["aaa", { heldPacks: 2, heldPeople: 300 }]]);
  t.equal(holdingsOfItem(undefined).size, 0);
});
