import { t } from "../../equipment/file-test.ts";
import type { DeadLetterRecord } from "../../../shared/dead-letters/dead-letter-record.ts";
import { claimOfRun, earlierSend, isClaimedByRun } from "../../../shared/dead-letters/replay-continuation.ts";
import { deadLetter } from "../../equipment/dead-letter-seeds.ts";

const run = "20260131T094500-3f9a51c2";
const counts = { resolved: 0, failed: 0, unknown: 0, refused: 0, skipped: 0, missing: 0 };
const continuation = { run, from: { position: 0, sent: 0, counts }, failuresOf: () => 1 };
const claim = claimOfRun(run);
const earlier = (changes: Partial<DeadLetterRecord>) => earlierSend(deadLetter(1, changes), continuation);

t.test("a claim says which run it belongs to, fits into a registration, and is no other one", async (t) => {
  t.ok(claim.length <= 64);
  t.not(claimOfRun(run), claim);
  t.ok(isClaimedByRun({ claim }, run));
  t.notOk(isClaimedByRun({ claim: `${run}0.x` }, run));
  t.notOk(isClaimedByRun({}, run));
});

t.test("what a run sent before it ended is known by its claim, and what failed by its failures", async (t) => {
  const resolved = { at: "", who: "worker", what: "resolved", detail: "stored" } as const;
  t.same(earlier({ state: "resolved", claim, history: [resolved] }), {
    kind: "settled",
    fate: "resolved",
    detail: "stored",
  });
  for (const state of ["replayed", "storing"] as const) {
    t.same(earlier({ state, claim }), { kind: "sent", claim, failures: 1 });
    t.same(earlier({ state, claim: "of-another" }), { kind: "none" });
  }
  t.match(earlier({ failures: 2, detail: "again" }), { kind: "settled", fate: "failed", detail: "crash-loop: again" });
  t.same(earlier({ claim }), { kind: "none" }, "claimed, perhaps sent: it is claimed anew");
  t.same(earlier({ state: "resolved" }), { kind: "none" });
  t.same(earlier({ state: "discarded", claim }), { kind: "none" });
});
