import t from "tap";
import type { DeadLetterStore } from "../../../admin/dead-letters/dead-letter-store.ts";
import { checkReplay, checkReplays } from "../../../shared/dead-letters/replay-check.ts";
import { deadLetter, deadLetters, unreadable } from "../../admin/dead-letter-seeds.ts";

t.test("only what is open is replayed, unless it is asked for again", async (t) => {
  const kinds = (again: boolean) =>
    (["open", "replayed", "resolved", "discarded"] as const).map(
      (state) => checkReplay(deadLetter(1, { state }), again).kind,
    );
  t.same(kinds(false), ["replayable", "skipped", "skipped", "skipped"]);
  t.same(kinds(true), ["replayable", "replayable", "skipped", "skipped"]);
  t.equal(checkReplay(undefined, true).kind, "missing");
  t.match(checkReplay(unreadable("raw-1", "{"), false), { kind: "refused", detail: /edit/ });
});

t.test("however many there are, some hundred are in memory at a time", async (t) => {
  const records = deadLetters(1_200);
  let most = 0;
  const store = {
    async readMany(ids: readonly string[]) {
      most = Math.max(most, ids.length);
      return new Map(records.filter(({ id }) => ids.includes(id)).map((record) => [record.id, record]));
    },
  } as Partial<DeadLetterStore> as DeadLetterStore;
  const kinds: string[] = [];
  const ids = [...records.map(({ id }) => id), "none"];
  const { signal } = new AbortController();
  await checkReplays(store, ids, { again: false, signal }, (_, { kind }) => kinds.push(kind));
  t.equal(kinds.length, 1_201);
  t.equal(kinds.at(-1), "missing");
  t.ok(most <= 500);
});
