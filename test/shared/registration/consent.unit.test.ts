import { createHash } from "node:crypto";
import { t } from "../../equipment/file-test.ts";
import {
  consentRecord,
  createConsentRecords,
  submittedAnswers,
  wordingOf,
} from "../../../shared/registration/consent.ts";
import { isRegistration } from "../../../shared/registration/registration.ts";
import { fieldsEvent, fullAnswers, wording } from "../../equipment/fields-event.ts";
import { widelyTranslatedEvent } from "../../equipment/translated-event.ts";

t.test("of a consent the exact wording is kept, and its hash as anybody can compute it", async (t) => {
  const hash = createHash("sha256").update(wording, "utf8").digest("hex");
  t.equal(consentRecord(wording), `sha256:${hash} ${wording}`);
  t.equal(wordingOf(consentRecord(wording)), wording);
  for (const value of [wording, true, undefined, `sha256:${hash}`, ["x"]]) t.equal(wordingOf(value), undefined);
});

t.test("only ticked consents are replaced, and everything else is kept as it was sent", async (t) => {
  const { keep } = createConsentRecords(fieldsEvent());
  const { photos: _, press: __, ...others } = fullAnswers;
  const given = { ...others, photos: true };
  t.strictSame(keep(given), { ...others, photos: consentRecord(wording) });
  t.equal(given.photos, true, "what was sent is left alone");
  t.strictSame(keep({}), {});
  const plain = { laptop: true };
  const without = createConsentRecords({ ...fieldsEvent(), fields: [] });
  t.equal(without.keep(plain), plain, "an event without consents costs nothing");
});

t.test("the longest wording fits into a registration", async (t) => {
  const answers = { photos: consentRecord("\u{1e900}".repeat(1_000)) };
  const submittedAt = "2026-03-01T10:00:00.000Z";
  t.ok(isRegistration({ id: "id-000001", email: "ada@example.org", name: "Ada", answers, submittedAt }));
});

t.test("what was shown is what is kept: the wording in that language", async (t) => {
  const { keep } = createConsentRecords(widelyTranslatedEvent);
  const german = { photos: consentRecord("Fotos von mir dürfen gezeigt werden.") };
  const english = { photos: consentRecord("Photos of me may be shown.") };
  for (const language of ["en", "en-GB"]) t.strictSame(keep({ photos: true }, language), english);
  for (const language of ["de", "ar", undefined]) t.strictSame(keep({ photos: true }, language), german, "its default");
  for (const stored of [german, english])
    t.strictSame(submittedAnswers(stored, widelyTranslatedEvent), { photos: true });
  const other = { photos: consentRecord("An earlier wording.") };
  t.equal(submittedAnswers(other, widelyTranslatedEvent), other, "who agreed to something else does not agree again");
});
