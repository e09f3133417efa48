/** `PUT` and `DELETE /registrations/<receipt>`. */
import { t } from "../../equipment/file-test.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { outranks } from "../../../shared/registration/change.ts";
import type { ReceiptContent } from "../../../shared/registration/receipts.ts";
import type { KnownRegistration } from "../../../web/status/registration-status.ts";
import { testTime, type TestApp, type TestAppOptions } from "../../equipment/web-app.ts";
import { acceptedOf, form, html, json, post, prepare, problemOf, valid, type Reply } from "./registration-requests.ts";

const { email, ...content } = valid;
const corrected = { ...content, name: "Ada King" };
const holder: ReceiptContent = {
  email,
  registrationId: "ada-00001",
  submittedAt: "2026-02-01T10:00:00.000Z",
};
const minuteMs = 60_000;

async function put(
  { app }: TestApp,
  receipt: string,
  payload: unknown = corrected,
  headers: Record<string, string> = json,
): Promise<Reply> {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return app.inject({ method: "PUT", url: `/registrations/${receipt}`, headers, payload: text });
}

async function withdraw({ app }: TestApp, receipt: string, headers = {}): Promise<Reply> {
  return app.inject({ method: "DELETE", url: `/registrations/${receipt}`, headers });
}

async function receiptStage(t: { teardown(end: () => unknown): void }, options: TestAppOptions = {}) {
  const stage = await prepare(t, options);
  return { stage, receipt: stage.receipts.seal(holder), mailed: stage.receipts.seal({ ...holder, mailbox: true }) };
}

const reads = (read: () => Promise<KnownRegistration | undefined>) => ({ parts: { statuses: { read } } });

t.test("a correction is queued as a whole, under the id and the address of the receipt", async (t) => {
  const { stage, receipt } = await receiptStage(t);
  const reply = await put(stage, receipt, corrected, { ...json, "accept-language": "de" });
  t.equal(reply.statusCode, 202);
  t.same(stage.changes, [
    {
      kind: "correction",
      name: "Ada King",
      answers: content.answers,
      language: "de",
      id: holder.registrationId,
      email,
      submittedAt: holder.submittedAt,
      changedAt: "2026-03-01T10:00:00.000Z",
    },
  ]);
  t.same(stage.queued, []);
});

t.test("a withdrawal is queued with nothing of the content, and without a body", async (t) => {
  const { stage, receipt } = await receiptStage(t);
  t.equal((await withdraw(stage, receipt)).statusCode, 202);
  const { registrationId: id, submittedAt } = holder;
  t.same(stage.changes, [{ kind: "withdrawal", id, email, submittedAt, changedAt: "2026-03-01T10:00:00.000Z" }]);
});

t.test("the reply is that to a registration, with a fresh receipt that knows the time of the change", async (t) => {
  const { stage, receipt, mailed } = await receiptStage(t);
  const registered = await post(stage, valid);
  for (const [reply, mailbox] of [
    [await put(stage, receipt), undefined],
    [await withdraw(stage, receipt), undefined],
    [await put(stage, mailed), true],
    [await withdraw(stage, mailed), true],
  ] as const) {
    const accepted = acceptedOf(reply);
    t.same(Object.keys(accepted), Object.keys(acceptedOf(registered)));
    t.same(Object.keys(reply.headers).toSorted(), Object.keys(registered.headers).toSorted());
    t.match(accepted, { status: "pending", statusUrl: `/registrations/${accepted.receipt}`, retryAfterSeconds: 1 });
    t.match(reply.headers, { location: accepted.statusUrl, "retry-after": "1", "cache-control": "no-store" });
    t.notOk([receipt, mailed].includes(accepted.receipt));
    const changedAt = "2026-03-01T10:00:00.000Z";
    t.same(stage.receipts.open(accepted.receipt), { ...holder, ...(mailbox && { mailbox }), changedAt });
  }
  t.same(
    stage.changes.map(({ mailbox }) => mailbox),
    [undefined, undefined, true, true],
    "and only a receipt from a mail claims the mailbox",
  );
});

t.test("a pack has version 2 if there is a change in it, and version 1 if not", async (t) => {
  const { stage, receipt } = await receiptStage(t);
  await post(stage, valid);
  await put(stage, receipt);
  await post(stage, valid);
  await withdraw(stage, receipt);
  t.same(stage.packVersions, [1, 2, 1, 2]);
});

t.test("the reply is the same whatever is stored: of this registration, of another, or of none", async (t) => {
  const told: unknown[] = [];
  const known: KnownRegistration[] = [
    { status: "pending" },
    { status: "confirmed" },
    { status: "confirmed", changedAt: "2026-02-02T10:00:00.000Z" },
    { status: "needs-attention" },
    { status: "declined" },
    { status: "withdrawn" },
  ];
  let calls = 0;
  for (const one of known) {
    const read = async () => {
      calls += 1;
      return one;
    };
    const { stage, receipt } = await receiptStage(t, reads(read));
    for (const reply of [await put(stage, receipt), await withdraw(stage, receipt)]) {
      const { receipt: fresh, statusUrl } = acceptedOf(reply);
      const hide = (text: string) => text.replaceAll(fresh, "r".repeat(fresh.length));
      t.equal(statusUrl, `/registrations/${fresh}`);
      told.push(hide(JSON.stringify([reply.statusCode, { ...reply.headers, date: "" }, reply.body])));
    }
  }
  t.equal(new Set(told).size, 1, "not even by its length");
  t.equal(calls, 2 * known.length, "one read for each, whatever it finds");
});

t.test("the time of a change is later than all that was seen, whatever the clock", async (t) => {
  for (const [now, sealed, stored, changedAt] of [
    [testTime, undefined, undefined, "2026-03-01T10:00:00.000Z"],
    [testTime, "2026-03-01T10:00:00.000Z", undefined, "2026-03-01T10:00:00.001Z"],
    [testTime, "2026-03-01T10:20:00.000Z", undefined, "2026-03-01T10:20:00.001Z"],
    [testTime, undefined, "2026-03-01T10:20:00.000Z", "2026-03-01T10:20:00.001Z"],
    [testTime, "2026-03-01T10:30:00.000Z", "2026-03-01T10:20:00.000Z", "2026-03-01T10:30:00.001Z"],
    [Date.parse(holder.submittedAt) - minuteMs, undefined, undefined, "2026-02-01T10:00:00.001Z"],
  ] as const) {
    const read = async () => ({ status: "confirmed" as const, ...(stored && { changedAt: stored }) });
    const stage = await prepare(t, { parts: { statuses: { read }, wallClock: () => now } });
    const receipt = stage.receipts.seal({ ...holder, ...(sealed && { changedAt: sealed }) });
    const accepted = acceptedOf(await put(stage, receipt));
    t.equal(stage.changes[0]?.changedAt, changedAt);
    t.equal(stage.receipts.open(accepted.receipt)?.changedAt, changedAt);
  }
});

t.test("of two corrections through instances whose clocks differ by 20 minutes, the second is later", async (t) => {
  const ahead = await prepare(t, { parts: { wallClock: () => testTime + 20 * minuteMs } });
  const behind = await prepare(t);
  const first = acceptedOf(await put(ahead, ahead.receipts.seal(holder)));
  const second = acceptedOf(await put(behind, first.receipt, { ...corrected, name: "Second" }));
  await withdraw(ahead, second.receipt);
  const [one, two] = [ahead.changes[0], behind.changes[0]];
  if (!one || !two) return t.fail("both are queued");
  t.ok(outranks(two, one));
  t.ok(outranks(ahead.changes[1] ?? one, two), "and so on");
  const without = await prepare(t);
  await put(without, without.receipts.seal(holder));
  t.notOk(outranks(without.changes[0] ?? two, one), "control: by the clock alone it would be earlier");
});

t.test("an address is rejected, even the same, and the reply says what to do", async (t) => {
  const { stage, receipt } = await receiptStage(t);
  for (const [language, words] of [
    ["en", /cannot be corrected.*withdraw.*register again/],
    ["de", /lässt sich nicht berichtigen/],
  ] as const) {
    for (const other of [email, "grace@example.org"]) {
      const headers = { ...json, "accept-language": language };
      const reply = await put(stage, receipt, { ...corrected, email: other }, headers);
      t.equal(reply.statusCode, 400);
      t.match(problemOf(reply), {
        code: "TURNOUT_REGISTRATION_INVALID",
        errors: [{ pointer: "/email", detail: words }],
      });
    }
  }
  t.same(stage.changes, []);
});

t.test("a correction is validated as a registration is, and queued as nothing where it is wrong", async (t) => {
  const { stage, receipt } = await receiptStage(t);
  for (const [payload, pointer] of [
    [{}, "/name"],
    [{ name: "Ada" }, "/answers/meal"],
    [{ ...corrected, name: "" }, "/name"],
    [{ ...corrected, answers: { ...content.answers, guests: "3" } }, "/answers/guests"],
    [{ ...corrected, answers: { ...content.answers, other: 1 } }, "/answers/other"],
    [{ ...corrected, changedAt: "2030-01-01T00:00:00.000Z" }, "/changedAt"],
    [{ ...corrected, mailbox: true }, "/mailbox"],
    [[], ""],
  ] as const) {
    const reply = await put(stage, receipt, payload);
    t.equal(reply.statusCode, 400, pointer);
    t.ok(
      problemOf(reply).errors?.some((error) => error.pointer === pointer),
      `${pointer} in ${reply.body}`,
    );
  }
  t.match(problemOf(await put(stage, receipt, "{broken")), { code: "TURNOUT_BODY_UNREADABLE" });
  t.equal((await put(stage, receipt, "name=Ada", form)).statusCode, 415);
  t.equal((await put(stage, receipt, "Ada", { "content-type": "text/plain" })).statusCode, 415);
  t.equal((await put(stage, receipt, { ...corrected, name: "x".repeat(100_000) })).statusCode, 413);
  t.same(stage.changes, []);
  await put(stage, receipt, { ...corrected, name: "  Ada King " });
  t.match(stage.changes, [{ name: "Ada King" }], "control: blanks around it are removed, as of a registration");
});

t.test(
  "a receipt that is not ours, or of which nothing is known any more, gets the very 404 of a status",
  async (t) => {
    const unknown = await receiptStage(
      t,
      reads(async () => undefined),
    );
    const { stage, receipt } = await receiptStage(t);
    const wanted = await stage.app.inject("/registrations/never");
    for (const reply of [
      await put(stage, "never"),
      await put(stage, "never", { nothing: "valid" }),
      await put(stage, `${receipt}A`),
      await withdraw(stage, "k.AAAA"),
      await withdraw(stage, receipt.replace("k.", "other.")),
      await put(unknown.stage, unknown.receipt),
      await withdraw(unknown.stage, unknown.receipt),
    ]) {
      t.equal(reply.statusCode, 404);
      t.equal(reply.body, wanted.body);
      t.equal(reply.headers["cache-control"], "no-store");
    }
    t.same([...stage.changes, ...unknown.stage.changes], []);
  },
);

t.test("corrections are taken while registration is open, withdrawals after it as well", async (t) => {
  for (const [now, code] of [
    ["2025-12-01T00:00:00Z", "TURNOUT_NOT_OPEN_YET"],
    ["2027-02-01T00:00:00Z", "TURNOUT_CLOSED"],
  ] as const) {
    const { stage, receipt } = await receiptStage(t, { parts: { wallClock: () => Date.parse(now) } });
    const reply = await put(stage, receipt);
    t.equal(reply.statusCode, 403);
    t.match(problemOf(reply), { code });
    t.equal((await withdraw(stage, receipt)).statusCode, 202, code);
    t.match(stage.changes, [{ kind: "withdrawal" }]);
  }
});

t.test("a table that does not answer is 503 with Retry-After, and nothing is queued", async (t) => {
  const read = () => Promise.reject(new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "no answer"));
  const { stage, receipt } = await receiptStage(t, reads(read));
  for (const reply of [await put(stage, receipt), await withdraw(stage, receipt)]) {
    t.equal(reply.statusCode, 503);
    t.match(problemOf(reply), { code: "TURNOUT_TABLE_UNAVAILABLE" });
    t.match(reply.headers["retry-after"], /^[1-9]\d*$/);
  }
  t.same(stage.changes, []);
});

t.test("a queue that does not confirm is 503 with Retry-After, never 202", async (t) => {
  const { stage, receipt } = await receiptStage(t, { send: () => Promise.reject(new Error("gone")) });
  for (const reply of [await put(stage, receipt), await withdraw(stage, receipt)]) {
    t.equal(reply.statusCode, 503);
    t.match(problemOf(reply), { code: "TURNOUT_ENQUEUE_FAILED" });
    t.match(reply.headers["retry-after"], /^[1-9]\d*$/);
  }
});

t.test("changes are shed with registrations, before their body is read", async (t) => {
  const eventLoop = { delayMs: () => 1_000, utilization: () => 0, close() {} };
  const parts = { random: () => 0.9, eventLoop };
  const { stage, receipt } = await receiptStage(t, { limits: { maxEventLoopDelayMs: 200 }, parts });
  for (const reply of [await put(stage, receipt, "{broken"), await withdraw(stage, receipt)]) {
    t.equal(reply.statusCode, 503);
    t.match(problemOf(reply), { code: "TURNOUT_OVERLOADED" });
    t.match(reply.headers["retry-after"], /^[1-9]\d*$/);
  }
  t.match((await withdraw(stage, receipt, html)).headers["content-type"], /^text\/html/);
});

t.test("one client may send as many changes as registrations, counted apart; then it is 429", async (t) => {
  const { stage, receipt } = await receiptStage(t, { limits: { rateLimitPerMinute: 2 } });
  for (let time = 0; time < 2; time += 1) t.equal((await put(stage, receipt)).statusCode, 202);
  const rejected = await put(stage, receipt);
  t.equal(rejected.statusCode, 429);
  t.match(problemOf(rejected), { code: "TURNOUT_RATE_LIMITED", detail: /send the same again/ });
  t.equal((await post(stage, valid)).statusCode, 202);
});
