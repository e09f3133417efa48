import { assert, boolean, date, property, record } from "fast-check";
import { t } from "../../equipment/file-test.ts";
import {
  createCorrectionHistory,
  rankOf,
  submittedRank,
  type SentCorrection,
} from "../../../admin/audit/correction-history.ts";
import { outranks } from "../../../shared/registration/change.ts";
import { minute } from "./checker-evidence.ts";

/** Contents by number: 1 as submitted, others by corrections. */
function check(corrections: readonly SentCorrection[], content: number, changedAt?: string, mailbox = false) {
  const history = createCorrectionHistory();
  // Another one's, before and after.
  history.add(1, correction(9, 59));
  for (const one of corrections) history.add(0, one);
  history.add(2, correction(9, 59));
  const rank = changedAt === undefined ? submittedRank : rankOf(changedAt, mailbox);
  return history.check(0, { content, rank, asSubmitted: content === 1 });
}

function correction(content: number, at: number | undefined, changes: Partial<SentCorrection> = {}): SentCorrection {
  const changedAt = at === undefined ? undefined : minute(at);
  return { content, accepted: true, mailbox: false, changedAt, ...changes };
}

t.test("what nobody corrected is as it was submitted", async (t) => {
  t.equal(check([], 1), "current");
  t.equal(check([], 2), "corrupt");
  t.equal(check([], 1, minute(5)), "corrupt", "with the mark of a correction that nobody made");
});

t.test("of accepted corrections the latest is stored, whatever the order in which the ledger has them", async (t) => {
  for (const sent of [
    [correction(2, 1), correction(3, 2)],
    [correction(3, 2), correction(2, 1)],
  ]) {
    t.equal(check(sent, 3, minute(2)), "current");
    t.equal(check(sent, 2, minute(1)), "stale", "the earlier one");
    t.equal(check(sent, 1), "stale", "none of them");
    t.equal(check(sent, 2, minute(2)), "stale", "the earlier one with the time of the later one");
    t.equal(check(sent, 3, minute(1)), "stale", "the later one with the time of the earlier one");
    t.equal(check(sent, 4, minute(2)), "corrupt", "something else");
    t.equal(check(sent, 3), "stale", "the later one without its time");
    t.equal(check(sent, 3, "yesterday"), "corrupt");
  }
  const tied = [correction(2, 1), correction(3, 1)];
  for (const content of [2, 3]) t.equal(check(tied, content, minute(1)), "current", "either of two of one instant");
});

t.test("a claim to the mailbox outranks any time", async (t) => {
  const sent = [correction(2, 1, { mailbox: true }), correction(3, 2)];
  t.equal(check(sent, 2, minute(1), true), "current");
  t.equal(check(sent, 3, minute(2)), "stale");
  t.equal(check(sent, 2, minute(1)), "stale", "without the mark of the claim");
});

t.test("a correction without a clear answer may be stored, and need not be", async (t) => {
  const unknown = correction(3, undefined, { accepted: false });
  const sent = [correction(2, 1), unknown];
  t.equal(check(sent, 2, minute(1)), "current");
  t.equal(check(sent, 3, minute(2)), "current");
  t.equal(check(sent, 3, minute(0)), "stale", "but not when an accepted one outranks it");
  t.equal(check([unknown], 1), "current");
  t.equal(check([unknown], 3, minute(2)), "current");
  t.equal(check([unknown], 3, minute(2), true), "corrupt", "nor with a claim that it did not have");
  t.equal(check([unknown], 1, minute(2)), "corrupt");
});

t.test("of accepted corrections whose time nobody knows, any is stored, but not what they corrected", async (t) => {
  const sent = [correction(2, undefined), correction(3, undefined)];
  for (const content of [2, 3]) t.equal(check(sent, content, minute(7)), "current");
  t.equal(check(sent, 1), "stale");
});

t.test("ranks are in the order in which the worker applies changes", async (t) => {
  const change = record({
    changedAt: date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map((time) =>
      time.toISOString(),
    ),
    mailbox: boolean(),
  });
  assert(
    property(change, change, (one, other) => {
      const [first, second] = [rankOf(one.changedAt, one.mailbox), rankOf(other.changedAt, other.mailbox)];
      return first > second === outranks(one, other) && first > submittedRank - 1;
    }),
  );
  t.ok(rankOf(minute(0), false) > submittedRank);
});
