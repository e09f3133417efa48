import { t } from "../../equipment/file-test.ts";
import type { LedgerLine } from "../../../admin/audit/ledger.ts";
import type { StoredItem } from "../../../admin/audit/evidence.ts";
import { attempt, check as checker, clean, item, withdrawal } from "./checker-evidence.ts";

/** What an attendee did before it came to that. */
const asked = { erased: [], withdrawn: [withdrawal("a")] } as const;

t.test("an accepted registration", (t) => {
  t.test("is stored when an item has its id", (t) => {
    const { counts } = checker({ lines: [attempt("a")], items: [item("a")] });
    t.same(counts, { ...clean, accepted: 1, stored: 1 });
    t.end();
  });

  t.test("is a duplicate when its address holds another id that was sent", (t) => {
    const lines = [attempt("a"), attempt("b", { email: "a@example.org", startedAt: 900 })];
    const { counts } = checker({ lines, items: [item("a")], outcomes: [{ id: "b", outcome: "duplicate" }] });
    t.same(counts, { ...clean, accepted: 2, stored: 1, duplicates: 1 });
    const without = checker({ lines, items: [item("a")] });
    t.same(without.counts, { ...clean, accepted: 2, stored: 1, duplicates: 1, withoutOutcome: 1 }, "outcome or not");
    t.end();
  });

  t.test("is dead-lettered when a record has its id, or holds its registration", (t) => {
    const { counts } = checker({
      lines: [attempt("a"), attempt("b")],
      deadLetters: [{ id: "a" }, { id: "raw-1", registrationId: "b", state: "discarded" }],
    });
    t.same(counts, { ...clean, accepted: 2, deadLettered: 2 });
    t.end();
  });

  t.test("that is in both counts once and is told apart", (t) => {
    const { counts } = checker({
      lines: [attempt("a")],
      deadLetters: [{ id: "a", state: "resolved" }],
      items: [item("a")],
    });
    t.same(counts, { ...clean, accepted: 1, stored: 1, both: 1 });
    t.end();
  });

  t.test("is lost when it is nowhere, and queued when it may still be on its way", (t) => {
    const lost = checker({ lines: [attempt("a"), attempt("b")], items: [item("b")] });
    t.same(lost.counts, { ...clean, accepted: 2, stored: 1, lost: 1 });
    t.same(lost.numbers.lost, [0]);
    const queued = checker({ lines: [attempt("a")], drained: false });
    t.same(queued.counts, { ...clean, accepted: 1, queued: 1 });
    t.end();
  });

  t.test("is lost when its record says resolved and the table does not have it", (t) => {
    const { counts } = checker({ lines: [attempt("a")], deadLetters: [{ id: "a", state: "resolved" }] });
    t.same(counts, { ...clean, accepted: 1, lost: 1 });
    t.end();
  });

  t.test("is lost when its address holds an id that was only ever rejected", (t) => {
    const lines = [attempt("a"), attempt("b", { outcome: "rejected", email: "a@example.org" })];
    const { counts } = checker({ lines, items: [item("b", { email: "a@example.org" })] });
    t.same(counts, { ...clean, accepted: 1, lost: 1, unexpected: 1 });
    t.end();
  });

  t.test("is a duplicate by its outcome where the first one was erased or withdrawn since", (t) => {
    for (const tombstone of ["erased", "withdrawn"] as const) {
      const lines = [attempt("a"), attempt("b", { email: "a@example.org" }), ...asked[tombstone]];
      const tombstones = [{ email: "a@example.org", registrationId: "a", tombstone }];
      const { counts } = checker({ lines, tombstones, outcomes: [{ id: "b", outcome: "duplicate" }] });
      const asIs = { ...clean, accepted: 2, [tombstone]: 1, withdrawals: asked[tombstone].length };
      t.same(counts, { ...asIs, duplicates: 1 }, tombstone);
      const without = checker({ lines, tombstones });
      t.same(without.counts, { ...asIs, lost: 1 }, "and lost without one");
    }
    t.end();
  });

  t.test("is erased or withdrawn when its outcome says so, also when somebody registered again since", (t) => {
    const again = attempt("b", { email: "a@example.org", startedAt: 5_000 });
    for (const outcome of ["erased", "withdrawn"] as const) {
      const { counts } = checker({
        lines: [attempt("a"), ...asked[outcome], again],
        items: [item("b", { email: "a@example.org" })],
        outcomes: [{ id: "a", outcome }],
      });
      const withdrawals = asked[outcome].length;
      t.same(counts, { ...clean, accepted: 2, stored: 1, [outcome]: 1, withdrawals });
    }
    t.end();
  });

  t.test("is lost when an outcome is all that there is: nothing under its address shows for it", (t) => {
    for (const outcome of ["duplicate", "erased", "discarded"] as const) {
      const { counts } = checker({ lines: [attempt("a")], outcomes: [{ id: "a", outcome }] });
      t.same(counts, { ...clean, accepted: 1, lost: 1 }, outcome);
    }
    t.end();
  });

  t.test("counts once however often it was sent", (t) => {
    const lines = [attempt("a", { outcome: "unknown" }), attempt("a", { outcome: "rejected" }), attempt("a")];
    t.same(checker({ lines, items: [item("a")] }).counts, { ...clean, accepted: 1, stored: 1 });
    t.end();
  });
  t.end();
});

t.test("what should not be there is found", (t) => {
  t.test("a registration that was never attempted", (t) => {
    const { counts, ids } = checker({ lines: [attempt("a")], items: [item("a"), item("x")] });
    t.equal(counts.unexpected, 1);
    t.same(ids.unexpected, ["x"]);
    t.end();
  });

  t.test("a registration that was rejected", (t) => {
    const lines = [attempt("a", { outcome: "rejected", status: 503 })];
    t.same(checker({ lines, items: [item("a")] }).counts, { ...clean, unexpected: 1 });
    t.end();
  });

  t.test("a registration that was erased or withdrawn, and is stored all the same", (t) => {
    for (const outcome of ["erased", "withdrawn"] as const) {
      const lines = [attempt("a"), ...asked[outcome].map((line) => ({ ...line, outcome: "unknown" as const }))];
      const evidence = { lines, items: [item("a")], outcomes: [{ id: "a", outcome }] };
      t.same(checker(evidence).counts, { ...clean, accepted: 1, stored: 1, unexpected: 1 }, outcome);
      const moved = { id: "a", registrationId: "a", state: "resolved", edited: true } as const;
      const { counts } = checker({ ...evidence, deadLetters: [moved] });
      t.equal(counts.unexpected, 0, "but not where an admin had corrected its address before");
    }
    t.end();
  });

  t.test("a registration under two addresses", (t) => {
    const { counts, ids } = checker({
      lines: [attempt("a")],
      items: [item("a"), item("a", { email: "b@example.org" })],
    });
    t.equal(counts.duplicated, 1);
    t.same(ids.storedTwice, ["a"]);
    t.end();
  });

  t.test("a first registration that a later one has overwritten", (t) => {
    const lines: LedgerLine[] = [
      attempt("a"),
      { outcome: "confirmed", id: "a", email: "a@example.org", at: 2_000 },
      attempt("b", { email: "a@example.org", startedAt: 2_001 }),
    ];
    const { counts, numbers } = checker({ lines, items: [item("b", { email: "a@example.org" })] });
    t.same(counts, { ...clean, accepted: 2, stored: 1, duplicates: 1, withoutOutcome: 1, duplicated: 1 });
    t.same(numbers.overwritten, [0]);
    t.end();
  });

  t.test("but not one that was under way before the first was confirmed", (t) => {
    const lines: LedgerLine[] = [
      attempt("a"),
      { outcome: "confirmed", id: "a", email: "a@example.org", at: 2_000 },
      attempt("b", { email: "a@example.org", startedAt: 1_999 }),
    ];
    t.equal(checker({ lines, items: [item("b", { email: "a@example.org" })] }).counts.duplicated, 0);
    t.end();
  });
  t.end();
});

t.test("a stored registration is corrupt", (t) => {
  const corrupt = (changes: Partial<StoredItem>) =>
    checker({ lines: [attempt("a"), attempt("b")], items: [item("a", changes)] }).counts.corrupt;

  t.equal(corrupt({}), 0, "not when it is as it was sent");
  t.equal(corrupt({ name: "Eda" }), 1, "with another name");
  t.equal(corrupt({ answers: { guests: 3, ticket: "Both days" } }), 1, "with another answer");
  t.equal(corrupt({ answers: { guests: "2", ticket: "Both days" } }), 1, "with an answer of another type");
  t.equal(corrupt({ answers: undefined }), 1, "without its answers");
  const chosen = (days: unknown) => {
    const lines = [attempt("a", { answers: { days: ["Friday", "Sunday"] } })];
    return checker({ lines, items: [item("a", { answers: { days } })] }).counts.corrupt;
  };
  t.equal(chosen(["Friday", "Sunday"]), 0, "not when several options are as they were chosen");
  t.equal(chosen(["Friday"]), 1, "without one of the options that were chosen");
  t.equal(chosen("Friday,Sunday"), 1, "with several options as one text");
  t.equal(corrupt({ email: "b@example.org" }), 1, "under another address");
  t.equal(corrupt({ storedAt: "2026-01-01T08:59:00.000Z" }), 1, "when it was stored before it was submitted");
  t.equal(corrupt({ submittedAt: undefined }), 1, "without a time");

  const resent = [attempt("a"), attempt("a", { name: "Ada L." })];
  t.equal(checker({ lines: resent, items: [item("a")] }).counts.corrupt, 0, "not with the first content of two");
  t.equal(checker({ lines: resent, items: [item("a", { name: "Ada L." })] }).counts.corrupt, 0, "nor with the second");
  t.end();
});

t.test("what an admin has edited may differ from what was sent", (t) => {
  const edited = { id: "a", registrationId: "a", state: "resolved", edited: true } as const;
  const moved = item("a", { email: "new@example.org", name: "Ada L." });
  t.same(checker({ lines: [attempt("a")], deadLetters: [edited], items: [moved] }).counts, {
    ...clean,
    accepted: 1,
    stored: 1,
    both: 1,
  });
  const mended = { id: "raw-1", registrationId: "raw-1", state: "resolved", edited: true } as const;
  t.equal(checker({ lines: [], deadLetters: [mended], items: [item("raw-1")] }).counts.unexpected, 0);
  t.end();
});

t.test("an attempt without a clear answer", (t) => {
  const lines = [attempt("a", { outcome: "unknown", status: null }), attempt("b", { outcome: "unknown" })];
  t.same(checker({ lines, items: [item("a")] }).counts, { ...clean, recovered: 1 }, "is recovered where it turned up");
  t.same(checker({ lines }).counts, clean, "and not reported where it did not");
  t.end();
});

t.test("registrations of others", (t) => {
  const lines = [attempt("a"), attempt("b")];
  const items = [item("a"), item("x"), item("y", { email: "b@example.org" })];
  t.equal(checker({ lines, items }).counts.unexpected, 2, "are unexpected");
  const { counts } = checker({ lines, items, othersAllowed: true });
  t.same(
    counts,
    { ...clean, accepted: 2, stored: 1, duplicates: 1, withoutOutcome: 1, others: 2 },
    "unless they are allowed",
  );
  t.end();
});

t.test("examples are few, however much is wrong", (t) => {
  const lines = Array.from({ length: 1_000 }, (_, index) => attempt(`id-${index}`));
  const { counts, numbers } = checker({ lines });
  t.equal(counts.lost, 1_000);
  t.equal(numbers.lost.length, 20);
  t.end();
});
