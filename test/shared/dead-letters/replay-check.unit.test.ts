import { t } from "../../equipment/file-test.ts";
import type { DeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { deadLetterStates, type DeadLetterRecord } from "../../../shared/dead-letters/dead-letter-record.ts";
import { checkReplay, checkReplays } from "../../../shared/dead-letters/replay-check.ts";
import { deadLetter, deadLetters, unreadable } from "../../equipment/dead-letter-seeds.ts";

const now = Date.parse("2026-02-01T00:00:00.000Z");
const kindOf = (changes: Partial<DeadLetterRecord>, again = false) =>
  checkReplay(deadLetter(1, changes), { again, now }).kind;

t.test("only what is open is replayed, unless it is asked for again", async (t) => {
  const kinds = (again: boolean) => deadLetterStates.map((state) => kindOf({ state }, again));
  t.same(deadLetterStates, ["open", "replayed", "storing", "resolved", "discarded"]);
  t.same(kinds(false), ["replayable", "skipped", "skipped", "skipped", "skipped"]);
  t.same(kinds(true), ["replayable", "replayable", "skipped", "skipped", "skipped"]);
  t.equal(checkReplay(undefined, { again: true, now }).kind, "missing");
  t.match(checkReplay(unreadable("raw-1", "{"), { again: false, now }), { kind: "refused", detail: /edit/ });
});

t.test(
  "what somebody replays at this moment is left to them until the claim runs out, whatever is asked for",
  async (t) => {
    const claimed = (until: number) => ({ claim: "c", claimedBy: "ann", claimedUntil: new Date(until).toISOString() });
    t.match(checkReplay(deadLetter(1, claimed(now + 1)), { again: true, now }), {
      kind: "skipped",
      detail: /replayed by ann, or may be until 2026-02-01/,
    });
    t.equal(kindOf(claimed(now)), "replayable");
  },
);

t.test("what was being stored when its message must have ended may be asked for again", async (t) => {
  const storing = (days: number) =>
    ({ state: "storing", storingAt: new Date(now - days * 86_400_000).toISOString() }) as const;
  t.equal(kindOf(storing(13), true), "skipped");
  t.equal(kindOf(storing(15), true), "replayable");
  t.equal(kindOf(storing(15), false), "skipped");
});

t.test("however many there are, some hundred are in memory at a time", async (t) => {
  const records = deadLetters(1_200);
  let most = 0;
  const store = {
    async readToReplay(ids: readonly string[]) {
      most = Math.max(most, ids.length);
      return new Map(records.filter(({ id }) => ids.includes(id)).map((record) => [record.id, record]));
    },
  } as Partial<DeadLetterStore> as DeadLetterStore;
  const kinds: string[] = [];
  const ids = [...records.map(({ id }) => id), "none"];
  const { signal } = new AbortController();
  await checkReplays(store, ids, { again: false, now, signal }, (_, { kind }) => kinds.push(kind));
  t.equal(kinds.length, 1_201);
  t.equal(kinds.at(-1), "missing");
  t.ok(most <= 500);
});
