import { t } from "../../equipment/file-test.ts";
import { requireChangeable, whyUnchangeable } from "../../../admin/dead-letters/changeable.ts";
import { deadLetterStates } from "../../../shared/dead-letters/dead-letter-record.ts";
import { deadLetter } from "../../equipment/dead-letter-seeds.ts";

const now = Date.parse("2026-02-01T00:00:00.000Z");

t.test("only an open dead letter may be changed, and only while nobody replays it", async (t) => {
  for (const state of deadLetterStates) {
    t.equal(whyUnchangeable(deadLetter(1, { state }), now), state === "open" ? undefined : `is ${state}`);
  }
  const claimed = deadLetter(1, { claimedBy: "ann", claimedUntil: "2026-02-01T00:00:01.000Z" });
  t.match(whyUnchangeable(claimed, now), /replayed by ann, or may be until 2026-02-01T00:00:01/);
  t.equal(whyUnchangeable(claimed, now + 1_000), undefined, "a claim runs out by itself");
  t.throws(() => requireChangeable(claimed, "edited", now), {
    code: "TURNOUT_DEAD_LETTER_CHANGED",
    message: /can be edited/,
  });
  t.doesNotThrow(() => requireChangeable(deadLetter(1), "edited", now));
});
