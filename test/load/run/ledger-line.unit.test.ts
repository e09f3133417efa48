import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { ledgerLineOf } from "../../../load/run/ledger-line.ts";
import type { LoadItem } from "../../../load/people/load-item.ts";
import { loadEvent } from "../../../shared/registration/event-definition.ts";
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
