/** `GET /registrations/<receipt>`. */
import { t } from "../../equipment/file-test.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { referenceOf } from "../../../shared/registration/reference.ts";
import {
  registrationStatuses,
  type KnownRegistration,
  type RegistrationStatus,
} from "../../../web/status/registration-status.ts";
import { eventually } from "../../equipment/eventually.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import { testTime, type TestAppOptions } from "../../equipment/web-app.ts";
import { acceptedOf, html, post, prepare, problemOf, valid, type Reply } from "./registration-requests.ts";

async function statusStage(t: { teardown(end: () => unknown): void }, options: TestAppOptions = {}) {
  const stage = await prepare(t, options);
  const { receipt, statusUrl } = acceptedOf(await post(stage, valid));
  return { stage, receipt, statusUrl, ask: (headers = {}) => stage.app.inject({ url: statusUrl, headers }) };
}

t.test("a receipt tells what became of it: as JSON to a program, as a page to a browser, never cached", async (t) => {
  let status: RegistrationStatus = "pending";
  const { stage, receipt, ask } = await statusStage(t, { parts: { statuses: { read: async () => ({ status }) } } });
  const reference = referenceOf(stage.receipts.open(receipt)?.registrationId ?? "");
  const pending = await ask();
  t.equal(pending.statusCode, 200);
  t.match(pending.json(), {
    status: "pending",
    submittedAt: "2026-03-01T10:00:00.000Z",
    reference,
    retryAfterSeconds: 1,
  });
  t.match(pending.headers, { "cache-control": "no-store", vary: /Accept/, "retry-after": "1" });
  for (status of registrationStatuses.filter((one) => one !== "pending")) {
    const reply = await ask();
    t.same(reply.json(), { status, submittedAt: "2026-03-01T10:00:00.000Z", reference });
    t.equal(reply.headers["retry-after"], undefined);
    const page = await ask(html);
    t.equal(page.statusCode, 200);
    t.match(page.headers["content-type"], /^text\/html/);
    t.equal(page.body.includes(`>${reference}<`), status !== "withdrawn", status);
    t.equal(page.headers["cache-control"], "no-store");
  }
});

t.test("a receipt of which nothing is known any more gets the very answer of one that never was", async (t) => {
  const { stage, ask } = await statusStage(t, { parts: { statuses: { read: async () => undefined } } });
  const told = async (reply: Promise<Reply>) => {
    const { statusCode, headers, body } = await reply;
    return { statusCode, headers: { ...headers, date: "" }, body };
  };
  for (const headers of [{}, html]) {
    const reply = await told(ask(headers));
    t.equal(reply.statusCode, 404);
    t.same(reply, await told(stage.app.inject({ url: "/registrations/never", headers })));
  }
});

t.test("the longer it has waited, the less often it is to poll, up to ten seconds", async (t) => {
  let now = testTime;
  const { ask } = await statusStage(t, { parts: { wallClock: () => now } });
  const polls: number[] = [];
  for (const seconds of [0, 5, 20, 60, 3_600]) {
    now = testTime + seconds * 1_000;
    polls.push((await ask()).json<{ retryAfterSeconds: number }>().retryAfterSeconds);
  }
  t.same(
    polls,
    polls.toSorted((a, b) => a - b),
  );
  t.equal(polls[0], 1);
  t.equal(polls.at(-1), 10);
});

const backlogOf = (estimatedWaitSeconds: () => number | undefined) => ({
  estimatedWaitSeconds,
  read: async () => undefined,
});

t.test("how long the wait may be is told while it can be, and never as 0", async (t) => {
  for (const [estimate, told] of [
    [0, 1],
    [42, 42],
    [undefined, undefined],
  ] as const) {
    const { ask } = await statusStage(t, { parts: { backlog: backlogOf(() => estimate) } });
    t.equal((await ask()).json<{ estimatedWaitSeconds?: number }>().estimatedWaitSeconds, told);
  }
});

t.test("a wait that is not known is said to be so on the page, to whoever has waited for a while", async (t) => {
  let now = testTime;
  let estimate: number | undefined;
  const parts = { wallClock: () => now, backlog: backlogOf(() => estimate) };
  const { ask } = await statusStage(t, { parts });
  t.notMatch((await ask(html)).body, ">not known yet<");
  now += 11_000;
  t.match((await ask(html)).body, ">not known yet<");
  t.notOk("waitUnknown" in (await ask()).json<object>());
  estimate = 100;
  t.match((await ask(html)).body, ">2 minutes<");
});

t.test("every receipt that is not ours gets the same 404, whatever is wrong with it", async (t) => {
  const { stage, receipt } = await statusStage(t);
  const bodies = new Set<string>();
  for (const other of [
    `${receipt.slice(0, -1)}${receipt.endsWith("A") ? "B" : "A"}`,
    receipt.slice(0, -1),
    `${receipt}A`,
    receipt.replace("k.", "other."),
    receipt.replace("k.", "k"),
    "x",
    "k.",
    "A".repeat(5_000),
    "%00",
    "..%2f..%2fetc%2fpasswd",
  ]) {
    const reply = await stage.app.inject(`/registrations/${other}`);
    t.equal(reply.statusCode, 404, other.slice(0, 30));
    t.match(reply.json(), { code: "TURNOUT_RECEIPT_UNKNOWN" });
    bodies.add(reply.body);
  }
  t.equal(bodies.size, 1);
});

t.test("a link with something behind it leads to the status, by one redirect, if the receipt is ours", async (t) => {
  const { stage, receipt, statusUrl } = await statusStage(t);
  for (const behind of [
    ".",
    ")",
    ">",
    "/",
    "%20",
    "%C2%A0",
    "\u00a0",
    ",",
    ";",
    "%3E",
    "%22",
    "/.",
    ").%20",
    "%",
    "%ff",
    "*",
    "!",
  ]) {
    const reply = await stage.app.inject({ url: `/registrations/${receipt}${behind}`, headers: html });
    t.equal(reply.statusCode, 301, behind);
    t.match(reply.headers, { location: statusUrl, "cache-control": "no-store" }, behind);
  }
  t.equal((await stage.app.inject({ url: statusUrl, headers: html })).statusCode, 200, "which is the end of the way");
  for (const foreign of ["k.AAAA.", "k.AAAA/", `${receipt}A.`, "x.", "."]) {
    t.equal((await stage.app.inject(`/registrations/${foreign}`)).statusCode, 404, foreign);
  }
  const posted = await stage.app.inject({ method: "POST", url: `/registrations/${receipt}/` });
  t.equal(posted.statusCode, 404, "for nothing but reading");
});

t.test("a page shows its own address and no other, whatever was asked for", async (t) => {
  const { stage, statusUrl } = await statusStage(t);
  const page = await stage.app.inject({ url: `${statusUrl}?utm_source=mail`, headers: html });
  t.match(page.body, `data-status-url="${statusUrl}"`);
  t.notMatch(page.body, "utm_source");
  t.equal(page.headers["x-robots-tag"], "noindex");
  t.match(page.body, '<meta name="robots" content="noindex">');
});

t.test("a page is sent to whoever prefers one, and to nobody who rejects it", async (t) => {
  const { ask } = await statusStage(t);
  for (const [accept, type] of [
    ["text/html", /^text\/html/],
    ["text/*", /^text\/html/],
    ["text/html;q=0", /^application\/json/],
    ["text/html;q=0, */*", /^application\/json/],
    ["application/json, text/html;q=0.9", /^application\/json/],
    ["*/*", /^application\/json/],
  ] as const) {
    t.match((await ask({ accept })).headers["content-type"], type, accept);
  }
});

t.test("a table that does not answer is 503 with Retry-After, not a status", async (t) => {
  const { ask } = await statusStage(t, {
    parts: { statuses: { read: () => Promise.reject(new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "no answer")) } },
  });
  const reply = await ask();
  t.equal(reply.statusCode, 503);
  t.match(reply.headers["retry-after"], /^[1-9]\d*$/);
});

const confirmed: KnownRegistration = { status: "confirmed" };

/** Reads that are answered when the test says so. */
function createHeldReads() {
  const held: PromiseWithResolvers<KnownRegistration>[] = [];
  const read = () => {
    const one = Promise.withResolvers<KnownRegistration>();
    held.push(one);
    return one.promise;
  };
  return { read, held, release: () => held.splice(0).forEach(({ resolve }) => resolve(confirmed)) };
}

t.test(
  "status requests are shed by the load of the reads, as JSON and as a page, and registrations are not",
  async (t) => {
    for (const { reason, limits, waitMs } of [
      { reason: "status-buffer-full", limits: { maxStatusReads: 2 }, waitMs: 0 },
      { reason: "status-buffer-slow", limits: { shedWaitMs: 1_500 }, waitMs: 1_501 },
    ]) {
      const reads = createHeldReads();
      const clock = createManualClock();
      const { stage, ask } = await statusStage(t, {
        limits,
        parts: { statuses: { read: reads.read }, now: clock.now },
      });
      const early = [ask(), ask()];
      await eventually(() => reads.held.length === 2, "both are read");
      clock.advance(waitMs);
      const rejected = await ask();
      t.equal(rejected.statusCode, 503, reason);
      t.match(problemOf(rejected), { code: "TURNOUT_OVERLOADED", status: 503 });
      t.match(rejected.headers, { "retry-after": /^[1-9]\d*$/, "cache-control": "no-store" });
      t.match(stage.log.records, [{ code: "TURNOUT_OVERLOADED", reason }]);
      const page = await ask(html);
      t.equal(page.statusCode, 503, reason);
      t.match(page.headers, { "content-type": /^text\/html/, "retry-after": /^[1-9]\d*$/ });
      t.equal(page.headers["refresh"], page.headers["retry-after"], "the page tries again by itself");
      t.match(page.body, /what was accepted stays accepted/i);
      t.equal(reads.held.length, 2, "nobody is read for whom there is no hope");
      t.equal((await post(stage, valid)).statusCode, 202);
      reads.release();
      for (const reply of await Promise.all(early)) t.equal(reply.statusCode, 200);
      const later = ask();
      await eventually(() => reads.held.length === 1, "and when it is over, a status request is taken again");
      reads.release();
      t.equal((await later).statusCode, 200);
    }
  },
);

t.test("one read that hangs sheds nobody while others are answered", async (t) => {
  const reads = createHeldReads();
  const clock = createManualClock();
  let hang = true;
  const { ask } = await statusStage(t, {
    limits: { shedWaitMs: 1_500 },
    parts: { statuses: { read: () => (hang ? reads.read() : Promise.resolve(confirmed)) }, now: clock.now },
  });
  const hung = ask();
  await eventually(() => reads.held.length === 1, "it hangs");
  hang = false;
  for (let poll = 0; poll < 20; poll += 1) {
    clock.advance(200);
    t.equal((await ask()).statusCode, 200, `after ${(poll + 1) * 200} ms`);
  }
  reads.release();
  t.equal((await hung).statusCode, 200);
});

t.test(
  "while no read succeeds, status requests are rejected for longer than two seconds at a time, all but one that tries",
  async (t) => {
    const clock = createManualClock();
    let tries = 0;
    const { ask } = await statusStage(t, {
      parts: {
        now: clock.now,
        statuses: {
          read() {
            tries += 1;
            return Promise.reject(new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "no answer"));
          },
        },
      },
    });
    for (let second = 0; second < 5; second += 1) {
      t.match(problemOf(await ask()), { code: "TURNOUT_TABLE_UNAVAILABLE" });
      clock.advance(500);
    }
    const before = tries;
    const replies = await Promise.all(Array.from({ length: 100 }, () => ask()));
    t.ok(tries - before <= 10, `${tries - before} of 100 were tried`);
    const rejected = replies.filter((reply) => problemOf(reply).code === "TURNOUT_OVERLOADED");
    t.ok(rejected.length >= 90);
    for (const { headers } of rejected) t.ok(Number(headers["retry-after"]) > 2, `${headers["retry-after"]}`);
  },
);

t.test("a late event loop sheds status requests before it sheds registrations", async (t) => {
  let delayMs = 0;
  const eventLoop = { delayMs: () => delayMs, utilization: () => 0, close() {} };
  const parts = { random: () => 0.9, eventLoop };
  const { stage, ask } = await statusStage(t, { limits: { maxEventLoopDelayMs: 200 }, parts });
  for (const [eventLoopDelay = 0, poll, registration] of [
    [90, 200, 202],
    [150, 503, 202],
    [300, 503, 503],
  ]) {
    delayMs = eventLoopDelay;
    t.equal((await ask()).statusCode, poll, `${eventLoopDelay} ms`);
    t.equal((await post(stage, valid)).statusCode, registration, `${eventLoopDelay} ms`);
  }
});

t.test(
  "one client may ask for a status twenty times as often as it may register, counted apart; then it is 429",
  async (t) => {
    const { stage, ask } = await statusStage(t, { limits: { rateLimitPerMinute: 2 } });
    for (let poll = 0; poll < 40; poll += 1) t.equal((await ask()).statusCode, 200, `poll ${poll + 1}`);
    const rejected = await ask();
    t.equal(rejected.statusCode, 429);
    t.match(problemOf(rejected), { code: "TURNOUT_RATE_LIMITED", detail: /try again/ });
    t.match(rejected.headers, { "retry-after": /^[1-9]\d*$/, "cache-control": "no-store" });
    const page = await ask(html);
    t.equal(page.statusCode, 429);
    t.match(page.headers, { "content-type": /^text\/html/, "retry-after": /^[1-9]\d*$/, refresh: /^[1-9]\d*$/ });
    t.equal((await post(stage, valid)).statusCode, 202, "status requests do not use up registrations");
    t.equal((await post(stage, valid)).statusCode, 429, "control: which are limited as well");
    t.equal((await ask()).statusCode, 429);
  },
);
