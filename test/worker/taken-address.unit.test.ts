import { t } from "../equipment/file-test.ts";
import type { Outcome } from "../../shared/registration/outcome.ts";
import { createTombstone, tombstoneKinds, tombstoneSeconds } from "../../shared/registration/tombstone.ts";
import { decide } from "../../worker/taken-address.ts";

const now = Date.parse("2026-03-01T10:00:00.000Z");
const own = { id: "own-registration", submittedAt: "2026-03-01T09:00:00.000Z" };
const after = { ...own, submittedAt: "2026-03-01T09:30:00.001Z" };
const email = "ada@example.org";
const tombstoneAt = Date.parse("2026-03-01T09:30:00.000Z");

function tombstone(kind: (typeof tombstoneKinds)[number], id = "another-one") {
  return createTombstone(email, kind, id, tombstoneAt);
}

t.test("an outcome that stands is final, whatever stands under the address by now", async (t) => {
  const items = [undefined, { registrationId: own.id }, { registrationId: "another-one" }, tombstone("erased", own.id)];
  for (const outcome of ["duplicate", "erased", "withdrawn", "discarded"] satisfies Outcome[]) {
    for (const item of items) t.same(decide(own, item, outcome, now), { kind: "outcome", outcome, settled: true });
  }
});

t.test(
  "the item has its own id: stored, or gone as the tombstone says, even when that one's time is over",
  async (t) => {
    t.same(decide(own, { registrationId: own.id }, undefined, now), { kind: "stored" });
    for (const kind of tombstoneKinds) {
      for (const at of [now, now + 2 * tombstoneSeconds * 1_000]) {
        t.same(decide(own, tombstone(kind, own.id), undefined, at), { kind: "outcome", outcome: kind, settled: false });
      }
    }
  },
);

t.test("somebody else's registration makes it a duplicate of that one", async (t) => {
  t.same(decide(own, { registrationId: "another-one" }, undefined, now), {
    kind: "outcome",
    outcome: "duplicate",
    duplicateOf: "another-one",
    settled: false,
  });
});

t.test("an erasure covers what was submitted until then, and nothing later", async (t) => {
  const item = tombstone("erased");
  const erased = { kind: "outcome", outcome: "erased", settled: false };
  t.same(decide(own, item, undefined, now), erased);
  t.same(decide({ ...own, submittedAt: item.at }, item, undefined, now), erased, "at the same millisecond");
  t.same(decide(after, item, undefined, now), { kind: "replace", tombstone: item });
});

t.test("a withdrawal covers that one registration, whenever another was submitted", async (t) => {
  const item = tombstone("withdrawn");
  for (const registration of [own, after]) {
    t.same(decide(registration, item, undefined, now), { kind: "replace", tombstone: item });
  }
});

t.test("a tombstone whose time is over stands in nobody's way, although the table still has it", async (t) => {
  const item = tombstone("erased");
  t.match(decide(own, item, undefined, item.expiresAt * 1_000 - 1), { outcome: "erased" });
  t.same(decide(own, item, undefined, item.expiresAt * 1_000), { kind: "replace", tombstone: item });
});

t.test("nothing there any more is no verdict", async (t) => {
  t.same(decide(own, undefined, undefined, now), { kind: "free" });
});
