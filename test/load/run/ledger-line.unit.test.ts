import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { changeLineOf, ledgerLineOf } from "../../../load/run/ledger-line.ts";
import { attempt } from "../../../load/run/registration-client.ts";
import { createCrowd } from "../../../load/people/crowd.ts";
import type { LoadItem } from "../../../load/people/load-item.ts";
import { consentRecord } from "../../../shared/registration/consent.ts";
import { buildTestApp } from "../../equipment/web-app.ts";
import { translatedFile } from "../../equipment/translated-event.ts";
import { fieldsEvent, fullAnswers, wording } from "../../equipment/fields-event.ts";
import { loadEvent, parseEvent } from "../../../shared/registration/event-definition.ts";
import { registrationId } from "../../../shared/registration/registration-id.ts";

const event = loadEvent(join(import.meta.dirname, "../../../event.json"));
const line = (submission: unknown) =>
  ledgerLineOf(
    {
      item: { submission, idempotencyKey: "key", kind: "row of a file" } as LoadItem,
      reply: { status: 202 },
      outcome: "accepted",
      startedAt: 1,
      endedAt: 2,
    },
    event,
  );

t.test("an attempt is kept as it would be stored: normalised, with the id that the web tier computes", async (t) => {
  t.strictSame(line({ email: " Ann@BÜCHER.example ", name: " Ann ", answers: { guests: 2 } }), {
    outcome: "accepted",
    id: registrationId("key", "ann@xn--bcher-kva.example"),
    email: "ann@xn--bcher-kva.example",
    name: "Ann",
    answers: { guests: 2 },
    status: 202,
    startedAt: 1,
    endedAt: 2,
  });
  t.match(line({ email: "ann@example.org", name: "Ann" }), { answers: {} });
});

t.test("what was sent stays as it was", async (t) => {
  const submission = { email: " Ann@example.org", name: "Ann" };
  line(submission);
  t.equal(submission.email, " Ann@example.org");
});

t.test("a row without the shape of a registration leaves no line that the audit would stumble over", async (t) => {
  for (const submission of [
    {},
    { email: 5, name: "x" },
    { email: "a@b.c" },
    { email: "a@b.c", name: "x", answers: [] },
  ]) {
    t.equal(line(submission), undefined);
  }
  t.equal(line({ email: "a@b.c", name: "x", answers: { guests: null } }), undefined);
});

t.test("choices are kept as a list, and a consent as the record that is stored", async (t) => {
  const own = fieldsEvent();
  const item = {
    submission: { email: "a@b.c", name: "x", answers: fullAnswers },
    idempotencyKey: "k",
    kind: "row of a file",
  };
  const made = {
    item: item as LoadItem,
    reply: { status: 202 },
    outcome: "accepted",
    startedAt: 1,
    endedAt: 2,
  } as const;
  t.match(ledgerLineOf(made, own), { answers: { workshops: ["Rust", "Go"], photos: consentRecord(wording) } });
  const submission = { email: "a@b.c", name: "x", answers: { workshops: [1] } };
  t.equal(ledgerLineOf({ ...made, item: { ...item, submission } as unknown as LoadItem }, own), undefined);
});

t.test("a change is kept under the id of its registration, with what is known of its time and claim", async (t) => {
  const registration = { email: "ann@example.org", registrationId: "id-1", submittedAt: "2026-01-01T09:00:00.000Z" };
  const change = {
    receipt: registration,
    content: { name: " Eda ", answers: { guests: 2 } },
    changedAt: "2026-01-01T09:01:00.000Z",
    reply: { status: 202 },
    outcome: "accepted" as const,
    startedAt: 1,
    endedAt: 2,
  };
  const common = { outcome: "accepted", id: "id-1", email: "ann@example.org", status: 202, startedAt: 1, endedAt: 2 };
  t.strictSame(changeLineOf(change, event), {
    ...common,
    change: "correction",
    name: "Eda",
    answers: { guests: 2 },
    changedAt: "2026-01-01T09:01:00.000Z",
  });
  const claimed = { ...change, receipt: { ...registration, mailbox: true as const }, changedAt: undefined };
  t.strictSame(changeLineOf({ ...claimed, content: { name: "Eda" } }, event), {
    ...common,
    mailbox: true,
    change: "correction",
    name: "Eda",
    answers: {},
  });
  t.strictSame(changeLineOf({ ...claimed, content: undefined }, event), {
    ...common,
    mailbox: true,
    change: "withdrawal",
  });
});

t.test("a consent is expected in the language that was asked for, as the web tier keeps it", async (t) => {
  const consent = { id: "terms", type: "consent", label: "Terms", text: "I agree." };
  const bilingual = parseEvent({
    ...translatedFile,
    language: "en",
    fields: [consent],
    translations: { de: { ...translatedFile.translations.en, fields: { terms: { label: "Regeln", text: "Ja." } } } },
  });
  const { app, queued } = await buildTestApp({ event: bilingual });
  t.teardown(() => app.close());
  const client = {
    async post(payload: object, key: string, language?: string) {
      const headers = { "idempotency-key": key, ...(language !== undefined && { "accept-language": language }) };
      return { status: (await app.inject({ method: "POST", url: "/registrations", headers, payload })).statusCode };
    },
  };
  for (const [number, [language, text]] of (
    [
      [undefined, "I agree."],
      ["en", "I agree."],
      ["de", "Ja."],
    ] as const
  ).entries()) {
    const submission = { email: `ann-${number}@example.org`, name: "Ann", answers: { terms: true } };
    const item = {
      submission,
      idempotencyKey: `key-${number}`,
      kind: "first registration",
      ...(language && { language }),
    } as const;
    const sent = await attempt(client, item);
    const expected = ledgerLineOf(sent, bilingual)?.answers;
    t.same(expected, { terms: consentRecord(text) }, language ?? "none");
    t.match(
      queued.find(({ email }) => email === submission.email),
      { answers: expected },
    );
  }
  const languages = Array.from(createCrowd({ count: 60, seed: 1, event: bilingual }), (one) => one.language);
  t.same(new Set(languages), new Set(["en", "de"]), "a crowd asks for all of them");
  t.same(
    new Set(
      Array.from(
        createCrowd({ count: 60, seed: 1, event: loadEvent(join(import.meta.dirname, "../../../event.json")) }),
        (one) => one.language,
      ),
    ),
    new Set([undefined]),
  );
});
