import { t } from "../../equipment/file-test.ts";
import type { MailRequest } from "../../../shared/mail/mail-pack.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { decideMail, isReservedAddress, type MailFacts } from "../../../worker/mail/mail-verdict.ts";

const email = "ada@lovelace.org";
const request: MailRequest = { kind: "confirmed", id: "first-01", email };
const item = { email, registrationId: "first-01", submittedAt: "2026-03-01T10:00:00.000Z" };
const facts: MailFacts = { recorded: false, item, limitedBy: undefined, pending: false, holdsTurn: false };
const outcomeOf = (given: MailRequest, known: MailFacts, sendToReserved = false) => {
  const verdict = decideMail(given, known, sendToReserved);
  return verdict.kind === "explained" ? verdict.outcome : verdict.kind;
};

t.test("a confirmation is due while its registration is the one under the address", async (t) => {
  t.equal(outcomeOf(request, facts), "due");
  t.equal(outcomeOf({ ...request, id: "other-02" }, facts), "obsolete");
  t.equal(outcomeOf(request, { ...facts, item: undefined }), "obsolete");
  for (const kind of ["erased", "withdrawn"] as const) {
    const tombstone = createTombstone(email, kind, "first-01", Date.now());
    t.equal(outcomeOf(request, { ...facts, item: tombstone }), "obsolete");
  }
});

t.test("a notice and a link lead to whatever registration stands under the address", async (t) => {
  for (const kind of ["already-registered", "link"] as const) {
    const other: MailRequest = { kind, id: "other-02", email };
    t.match(decideMail(other, facts, false), { kind: "due", registration: { registrationId: "first-01" } });
    t.equal(outcomeOf(other, { ...facts, item: undefined }), "obsolete");
    t.equal(outcomeOf(other, { ...facts, item: createTombstone(email, "erased", "x", Date.now()) }), "obsolete");
  }
});

t.test("what has a record is done, whatever else is known", async (t) => {
  t.equal(outcomeOf(request, { ...facts, recorded: true, item: undefined, limitedBy: "confirmed/x" }), "done");
});

t.test("another mail of the kind within a day is the last, and its key is told, never the address", async (t) => {
  const verdict = decideMail(request, { ...facts, limitedBy: "confirmed/before-1" }, false);
  t.match(verdict, { kind: "explained", outcome: "limited", detail: /^confirmed\/before-1 / });
  t.notMatch(JSON.stringify(verdict), email);
});

t.test("while another mail of the kind has the turn and may still give it back, nothing is decided", async (t) => {
  t.equal(outcomeOf(request, { ...facts, pending: true }), "pending");
  t.equal(outcomeOf(request, { ...facts, pending: true, item: undefined }), "obsolete", "but what is gone is gone");
});

t.test("nobody reads mail at reserved domains, so none is sent but where SES is a local one", async (t) => {
  const reserved = ["a@example.org", "a@mail.example.com", "a@example.net", "a@x.test", "a@b.example", "a@b.invalid"];
  for (const address of [...reserved, "a@localhost", "a@x.localhost"]) {
    t.ok(isReservedAddress(address), address);
    const known = { ...facts, item: { ...item, email: address } };
    t.equal(outcomeOf({ ...request, email: address }, known), "rejected");
    t.equal(outcomeOf({ ...request, email: address }, known, true), "due");
  }
  for (const address of ["a@example.de", "a@myexample.com", "a@contest", "a@test.org", "example.org@x.org"]) {
    t.notOk(isReservedAddress(address), address);
  }
});

t.test("a notice speaks the owner's language, not that of whoever typed the address", async (t) => {
  const german = { ...facts, item: { ...item, language: "de" } };
  const languageOf = (kind: MailRequest["kind"], language: string | undefined, known = german) => {
    const verdict = decideMail({ ...request, kind, ...(language && { language }) }, known, false);
    return verdict.kind === "due" ? verdict.language : verdict.kind;
  };
  t.equal(languageOf("already-registered", "en"), "de");
  t.equal(
    languageOf("already-registered", "en", facts as typeof german),
    undefined,
    "the default, never the stranger's",
  );
  t.equal(languageOf("link", "en"), "en");
  t.equal(languageOf("link", undefined), "de");
  t.equal(languageOf("confirmed", undefined, facts as typeof german), undefined);
});
