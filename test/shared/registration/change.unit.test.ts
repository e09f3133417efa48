import { t } from "../../equipment/file-test.ts";
import { somebody } from "../../equipment/people.ts";
import {
  changeErrors,
  changeTime,
  corrected,
  isChange,
  isChangeEntry,
  outranks,
  type Correction,
  type Withdrawal,
} from "../../../shared/registration/change.ts";
import { isRegistration } from "../../../shared/registration/registration.ts";
import {
  decodePack,
  encodeChange,
  encodeRegistration,
  joinPack,
} from "../../../shared/registration/registration-pack.ts";

const changedAt = "2026-03-01T11:00:00.000Z";
const person = somebody();
const correction: Correction = { ...person, kind: "correction", changedAt };
const { id, email, submittedAt } = person;
const withdrawal: Withdrawal = { kind: "withdrawal", id, email, submittedAt, changedAt };

t.test("changes travel in a pack of version 2, beside registrations", async (t) => {
  const claimed = { ...correction, mailbox: true as const, name: "\u{1f600}" };
  const body = joinPack([encodeRegistration(person), ...[claimed, withdrawal].map(encodeChange)], 2);
  t.match(body, /^\{"v":2,/);
  t.same(decodePack(body), { registrations: [person], changes: [claimed, withdrawal], invalid: [] });
});

t.test("a pack of version 1 has no changes: one in it is invalid, not a registration", async (t) => {
  const body = joinPack([correction, withdrawal].map(encodeChange));
  t.same(decodePack(body), { registrations: [], changes: [], invalid: [correction, withdrawal] });
  t.notOk(isRegistration(correction));
});

t.test("an invalid change is told from an invalid registration, with its errors", async (t) => {
  const { changedAt: _, ...undated } = correction;
  for (const [entry, pointer] of [
    [{ ...correction, name: "" }, "/name"],
    [undated, "/changedAt"],
    [{ ...withdrawal, changedAt: "yesterday" }, "/changedAt"],
    [{ ...withdrawal, email: "nobody" }, "/email"],
    [{ ...withdrawal, mailbox: false }, "/mailbox"],
  ] as const) {
    t.ok(isChangeEntry(entry));
    t.notOk(isChange(entry));
    t.match(changeErrors(entry), [{ pointer }], pointer);
  }
  t.same(changeErrors(correction), []);
  for (const entry of [person, null, 1, { kind: "other" }]) t.notOk(isChangeEntry(entry));
});

t.test("what a correction holds is a registration with the time of the correction", async (t) => {
  t.same(corrected(correction), { ...person, changedAt });
});

t.test("a claim to the mailbox outranks every change without one, and otherwise the later one counts", async (t) => {
  const later = "2026-03-01T11:00:00.001Z";
  t.ok(outranks({ changedAt }, {}), "any correction outranks what was submitted");
  t.ok(outranks({ changedAt: later }, { changedAt }));
  t.notOk(outranks({ changedAt }, { changedAt: later }));
  t.notOk(outranks({ changedAt }, { changedAt }), "not itself");
  t.ok(outranks({ changedAt, mailbox: true }, { changedAt: later }));
  t.notOk(outranks({ changedAt: later }, { changedAt, mailbox: true }));
  t.ok(outranks({ changedAt: later, mailbox: true }, { changedAt, mailbox: true }));
});

t.test("a change is later than every one its maker has seen, whatever the clocks", async (t) => {
  const now = Date.parse(changedAt);
  t.equal(changeTime(now), changedAt);
  t.equal(changeTime(now, "2026-03-01T10:00:00.000Z", undefined), changedAt);
  t.equal(changeTime(now, submittedAt, "2026-03-01T11:20:00.000Z"), "2026-03-01T11:20:00.001Z");
  t.equal(changeTime(now, changedAt), "2026-03-01T11:00:00.001Z");
});
