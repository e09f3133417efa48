import { t } from "../../equipment/file-test.ts";
import { attempt, check, clean, correction, item, minute, withdrawal } from "./checker-evidence.ts";

const again = attempt("b", { email: "a@example.org", startedAt: 5_000 });
const corrected = (name: string, changedAt: number, mailbox?: true) =>
  item("a", { name, changedAt: minute(changedAt), ...(mailbox && { mailbox }) });

t.test("a correction that was accepted is what is stored", async (t) => {
  const lines = [attempt("a"), correction("a", "Eda", 1), correction("a", "Ida", 2)];
  const asIs = { ...clean, accepted: 1, stored: 1, corrections: 2 };
  t.same(check({ lines, items: [corrected("Ida", 2)] }).counts, asIs);
  const earlier = check({ lines, items: [corrected("Eda", 1)] });
  t.same(earlier.counts, { ...asIs, stale: 1 }, "and stale where an earlier one is stored");
  t.same(earlier.numbers.stale, [0]);
  t.equal(check({ lines, items: [item("a")] }).counts.stale, 1, "or what was submitted");
  const queued = check({ lines, items: [item("a")], drained: false });
  t.same(queued.counts, { ...asIs, changesQueued: 1 }, "and queued while it may still come");
  t.equal(check({ lines, items: [corrected("Uda", 2)] }).counts.corrupt, 1, "and corrupt where it is none of them");
});

t.test("a correction that was rejected is nowhere", async (t) => {
  const lines = [attempt("a"), correction("a", "Eda", undefined, { outcome: "rejected", status: 429 })];
  t.same(check({ lines, items: [item("a")] }).counts, { ...clean, accepted: 1, stored: 1 });
  t.equal(check({ lines, items: [corrected("Eda", 1)] }).counts.corrupt, 1);
});

t.test("a correction that an open dead letter may hold demands nothing", async (t) => {
  const evidence = { lines: [attempt("a"), correction("a", "Eda", 1)], items: [item("a")] };
  t.equal(check({ ...evidence, deadLetters: [{ id: "a" }] }).counts.stale, 0);
  t.equal(check({ ...evidence, deadLetters: [{ id: "a", state: "resolved" }] }).counts.stale, 1);
});

t.test("a correction of a duplicate changes nothing, least of all the registration that stands", async (t) => {
  const lines = [attempt("a"), again, correction("b", "Eda", 1, { email: "a@example.org" })];
  const outcomes = [{ id: "b", outcome: "duplicate" }] as const;
  const asIs = { ...clean, accepted: 2, stored: 1, duplicates: 1, corrections: 1 };
  t.same(check({ lines, outcomes, items: [item("a")] }).counts, asIs);
  t.same(check({ lines, outcomes, items: [corrected("Eda", 1)] }).counts, { ...asIs, corrupt: 1 });
});

t.test("a correction that came before its registration is stored without it", async (t) => {
  const lines = [attempt("a", { outcome: "unknown", status: null }), correction("a", "Eda", 1)];
  t.same(check({ lines, items: [corrected("Eda", 1)] }).counts, { ...clean, recovered: 1, corrections: 1 });
  t.equal(check({ lines: lines.slice(1), items: [corrected("Eda", 1)] }).counts.unexpected, 0);
});

t.test("a withdrawal that was accepted, or may have been, explains a tombstone", async (t) => {
  for (const outcome of ["accepted", "unknown"] as const) {
    const lines = [attempt("a"), withdrawal("a", { outcome })];
    const tombstones = [{ email: "a@example.org", registrationId: "a", tombstone: "withdrawn" }] as const;
    const withdrawals = outcome === "accepted" ? 1 : 0;
    t.same(check({ lines, tombstones }).counts, { ...clean, accepted: 1, withdrawn: 1, withdrawals }, outcome);
  }
});

t.test("a registration that is withdrawn, though nobody asked for it, is unexpected", async (t) => {
  for (const lines of [[attempt("a")], [attempt("a"), withdrawal("a", { outcome: "rejected", status: 429 })]]) {
    const tombstones = [{ email: "a@example.org", registrationId: "a", tombstone: "withdrawn" }] as const;
    const { counts, numbers } = check({ lines, tombstones });
    t.same(counts, { ...clean, accepted: 1, withdrawn: 1, unexpected: 1 });
    t.same(numbers.withdrawn, [0]);
    t.equal(check({ lines, tombstones, othersAllowed: true }).counts.unexpected, 0, "unless others may have");
  }
});

t.test("a withdrawal that was accepted, and whose registration is still stored, is stale", async (t) => {
  const lines = [attempt("a"), withdrawal("a")];
  const asIs = { ...clean, accepted: 1, stored: 1, withdrawals: 1 };
  t.same(check({ lines, items: [item("a")] }).counts, { ...asIs, stale: 1 });
  t.same(check({ lines, items: [item("a")], drained: false }).counts, { ...asIs, changesQueued: 1 });
  const maybe = [attempt("a"), withdrawal("a", { outcome: "unknown", status: null })];
  t.equal(check({ lines: maybe, items: [item("a")] }).counts.stale, 0, "but not when it may not have arrived");
});

t.test("a withdrawal without a claim to the mailbox does nothing against a correction with one", async (t) => {
  const claimed = correction("a", "Eda", 1, { mailbox: true });
  const evidence = (changes: object) => ({
    lines: [attempt("a"), claimed, withdrawal("a", changes)],
    items: [corrected("Eda", 1, true)],
  });
  t.equal(check(evidence({})).counts.stale, 0);
  t.equal(check(evidence({ mailbox: true })).counts.stale, 1, "but one with a claim does");
});

t.test("a duplicate that was withdrawn has that outcome", async (t) => {
  const lines = [attempt("a"), again, withdrawal("b", { email: "a@example.org" })];
  const evidence = { lines, items: [item("a")] };
  const asIs = { ...clean, accepted: 2, stored: 1, withdrawals: 1 };
  t.same(check({ ...evidence, outcomes: [{ id: "b", outcome: "withdrawn" }] }).counts, { ...asIs, withdrawn: 1 });
  t.same(
    check({ ...evidence, outcomes: [{ id: "b", outcome: "duplicate" }] }).counts,
    { ...asIs, duplicates: 1, stale: 1 },
    "and is stale without",
  );
});

t.test("an address that was withdrawn is free for another registration", async (t) => {
  const confirmed = (id: string, at: number) => ({ outcome: "confirmed", id, email: "a@example.org", at }) as const;
  const lines = [attempt("a"), confirmed("a", 2_000), withdrawal("a"), again];
  const items = [item("b", { email: "a@example.org" })];
  const outcomes = [{ id: "a", outcome: "withdrawn" }] as const;
  const asIs = { ...clean, accepted: 2, stored: 1, withdrawn: 1, withdrawals: 1 };
  t.same(check({ lines, items, outcomes }).counts, asIs);
  const overwritten = check({ lines, items }).counts;
  t.equal(overwritten.duplicated, 1, "control: without the outcome it was overwritten");
  t.equal(overwritten.stale, 1);
  const third = attempt("c", { email: "a@example.org", startedAt: 1_100 });
  const all = check({
    lines: [...lines, third, confirmed("c", 2_100)],
    items,
    outcomes: [...outcomes, { id: "c", outcome: "duplicate" }],
  });
  t.same(all.counts, { ...asIs, accepted: 3, duplicates: 1 }, "also when there was a duplicate of the first one");
});

t.test("a stored registration has its confirmation sent, explained or queued", async (t) => {
  const lines = ["a", "b", "c", "d"].map((id) => attempt(id));
  const evidence = {
    lines,
    items: lines.map(({ id }) => item(id)),
    mails: [
      { id: "confirmed/a", outcome: "sent" },
      { id: "confirmed/b", outcome: "limited" },
      { id: "already-registered/c", outcome: "sent" },
      { id: "confirmed/x", outcome: "sent" },
      { id: "limit/confirmed/d" },
      { id: "confirmed/d" },
    ],
  };
  const asIs = { ...clean, accepted: 4, stored: 4, mailsSent: 1, mailsExplained: 1 };
  const { counts, numbers } = check(evidence);
  t.same(counts, { ...asIs, mailsMissing: 2 });
  t.same(numbers.mailsMissing, [2, 3]);
  t.same(check({ ...evidence, mailsDrained: false }).counts, { ...asIs, mailsQueued: 2 });
  const { mails: _, ...off } = evidence;
  t.same(check(off).counts, { ...clean, accepted: 4, stored: 4 }, "none is expected where mail is off");
});

t.test("nobody is missed a mail who is not registered, or whom the ledger does not know", async (t) => {
  const lines = [attempt("a"), withdrawal("a"), attempt("b", { email: "x@example.org", outcome: "rejected" })];
  const tombstones = [{ email: "a@example.org", registrationId: "a", tombstone: "withdrawn" }] as const;
  const { counts } = check({ lines, tombstones, items: [item("x")], mails: [], othersAllowed: true });
  t.equal(counts.mailsMissing, 0);
});

t.test(
  "an answer that has expired is neither corrupt nor stale where it is gone, and told where it is kept",
  async (t) => {
    const guests = new Set(["guests"]);
    const lines = [attempt("a"), correction("a", "Eda", 1, { answers: { guests: 3, ticket: "Friday" } }), attempt("b")];
    const gone = [
      item("a", { name: "Eda", answers: { ticket: "Friday" }, changedAt: minute(1) }),
      item("b", { answers: { ticket: "Both days" } }),
    ];
    const kept = [
      item("a", { name: "Eda", answers: { guests: 3, ticket: "Friday" }, changedAt: minute(1) }),
      item("b", { answers: { ticket: "Both days" } }),
    ];
    const asIs = { ...clean, accepted: 2, stored: 2, corrections: 1 };
    t.same(check({ lines, items: gone, notCompared: guests, overdue: guests }).counts, asIs);
    t.same(check({ lines, items: kept, notCompared: guests }).counts, asIs, "nor while it may still be there");
    const overdue = check({ lines, items: kept, notCompared: guests, overdue: guests });
    t.same(overdue.counts, { ...asIs, expiredAnswersKept: 1 });
    t.same(overdue.ids.expiredAnswersKept, ["a"]);
    t.equal(check({ lines, items: gone }).counts.corrupt, 2, "where it has not expired, something is missing");
    const other = [item("b", { answers: { ticket: "Friday" } })];
    t.equal(check({ lines: [attempt("b")], items: other, notCompared: guests }).counts.corrupt, 1, "others count");
  },
);
