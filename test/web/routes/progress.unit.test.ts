/** `GET /progress`: how far the queue is, the same for everybody. */
import { acceptedByDefault } from "../../../shared/acceptance/acceptance.ts";
import { noActivity, type Activity } from "../../../shared/activity/bucket.ts";
import { estimateBacklog, type Slice } from "../../../shared/activity/estimate.ts";
import { fewestTold, progressOf } from "../../../web/routes/progress.ts";
import type { BacklogReading } from "../../../web/status/recent-backlog.ts";
import { t } from "../../equipment/file-test.ts";
import { testTime } from "../../equipment/web-app.ts";
import { html, post, prepare, valid } from "./registration-requests.ts";

/** Ten minutes of packs, the latest first: each bucket alike. */
function slicesOf(activity: Partial<Activity>): Slice[] {
  return Array.from({ length: 60 }, (_, index) => {
    const from = testTime - index * 10_000;
    return { ...noActivity, ...activity, from, to: from + 10_000 };
  });
}

function readingOf(messages: number, activity: Partial<Activity> = {}): BacklogReading {
  const rush = { accepted: 1_000, packsSent: 10, stored: 500, packsDone: 5 };
  return { ...estimateBacklog(messages, slicesOf({ ...rush, ...activity }), testTime), readAt: testTime + 321 };
}

async function ask(t: Parameters<typeof prepare>[0], reading: BacklogReading | undefined, url = "/progress") {
  const { app } = await prepare(t, {
    parts: { backlog: { estimatedWaitSeconds: () => undefined, read: async () => reading } },
  });
  return app.inject(url);
}

t.test("in a backlog it is told until when registrations are stored, how many wait and how long", async (t) => {
  const reply = await ask(t, readingOf(125));
  t.equal(reply.statusCode, 200);
  t.same(reply.json(), { storedUntil: "2026-03-01T09:58:05.000Z", waiting: 12_500, estimatedWaitSeconds: 250 });
  t.equal(reply.headers["cache-control"], "public, max-age=1, s-maxage=1");
  t.match(reply.headers["content-type"], "application/json");
});

t.test("while nothing is drained, until when is known, and how long is not", async (t) => {
  t.same((await ask(t, readingOf(125, { stored: 0, packsDone: 0 }))).json(), {
    storedUntil: "2026-03-01T09:58:05.000Z",
    waiting: 12_500,
  });
});

t.test("what is not known is said to be so", async (t) => {
  const unread = await ask(t, undefined);
  t.equal(unread.statusCode, 200);
  t.same(unread.json(), { storedUntil: null });
  t.match(unread.headers["cache-control"], "max-age=1");
  const beyond = await ask(t, readingOf(10_000));
  t.match(beyond.json(), { storedUntil: null, waiting: 69_400 }, "older than the activity reaches");
});

t.test("nothing in a request changes it: neither its query, nor what its sender accepts", async (t) => {
  const { app } = await prepare(t, {
    parts: { backlog: { estimatedWaitSeconds: () => undefined, read: async () => readingOf(125) } },
  });
  const plain = await app.inject("/progress");
  for (const options of [
    { url: "/progress?a=1" },
    { url: "/progress?receipt=k.x&email=ada@example.org" },
    { url: "/progress", headers: html },
    { url: "/progress", headers: { cookie: "a=1", "accept-language": "de" } },
  ]) {
    const reply = await app.inject(options);
    t.equal(reply.body, plain.body);
    t.same({ ...reply.headers, date: "" }, { ...plain.headers, date: "" });
  }
  t.equal((await app.inject({ method: "HEAD", url: "/progress" })).statusCode, 200);
  const wrong = await app.inject({ method: "POST", url: "/progress" });
  t.equal(wrong.statusCode, 405);
  t.equal(wrong.headers["allow"], "GET, HEAD");
});

t.test(
  "asking for it counts nothing against a client, and a pause and the event's phases leave it alone",
  async (t) => {
    const parts = {
      backlog: { estimatedWaitSeconds: () => undefined, read: async () => readingOf(125) },
      acceptance: {
        isPaused: () => true,
        latest: () => ({ ...acceptedByDefault, state: "paused" as const }),
        ageSeconds: () => 1,
      },
      wallClock: () => Date.parse("2030-01-01T00:00:00Z"),
    };
    const stage = await prepare(t, { limits: { rateLimitPerMinute: 1 }, parts });
    for (let asked = 0; asked < 100; asked += 1) t.equal((await stage.app.inject("/progress")).statusCode, 200);
    t.equal((await post(stage, valid)).statusCode, 403, "control: the event is over");
  },
);

t.test("one registration more or less is not seen, nor whether it was stored or known before", async (t) => {
  const few = (people: number, messages: number, finishedUntil: number | null, etaSeconds: number | null) =>
    JSON.stringify(progressOf({ ...readingOf(messages), people, finishedUntil, etaSeconds }));
  const nobody = few(0, 0, testTime, 0);
  t.equal(few(1, 1, testTime - 3_600_000, null), nobody, "the only one, after an hour without anybody");
  t.equal(few(fewestTold - 1, 7, null, 3), nobody);
  t.not(few(fewestTold, 7, testTime - 1_000, 3), nobody, "control: of that many it is told");
  const rush = progressOf(readingOf(125));
  t.equal(progressOf({ ...readingOf(125), people: 12_599 }).waiting, rush.waiting);
  for (const result of ["stored", "duplicate", "gone", "changed", "deadLettered"]) {
    t.same(progressOf(readingOf(125, { stored: 0, [result]: 500 })), rush, result);
  }
});
