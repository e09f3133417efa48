import { t } from "../../equipment/file-test.ts";
import { sqsLimits } from "../../../shared/aws/aws-limits.ts";
import { createTombstone, isExpired, isTombstone } from "../../../shared/registration/tombstone.ts";

const now = Date.parse("2027-07-01T09:00:00.500Z");

t.test("a tombstone holds the address, its kind, the id and the time, and nothing else", async (t) => {
  t.strictSame(createTombstone("ada@example.org", "erased", "id-1", now), {
    email: "ada@example.org",
    tombstone: "erased",
    registrationId: "id-1",
    at: "2027-07-01T09:00:00.500Z",
    expiresAt: Math.ceil(now / 1_000) + sqsLimits.maxRetentionSeconds,
  });
});

t.test("it lives until no message of before can come any more, by the clock", async (t) => {
  const tombstone = createTombstone("ada@example.org", "withdrawn", "id-1", now);
  t.notOk(isExpired(tombstone, now + sqsLimits.maxRetentionSeconds * 1_000));
  t.ok(isExpired(tombstone, now + (sqsLimits.maxRetentionSeconds + 1) * 1_000));
});

t.test("a registration is no tombstone", async (t) => {
  t.notOk(isTombstone({ email: "ada@example.org", registrationId: "id-1", name: "Ada" }));
  t.ok(isTombstone(createTombstone("ada@example.org", "erased", "id-1", now)));
});
