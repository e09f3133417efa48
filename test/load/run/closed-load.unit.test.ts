import { t } from "../../equipment/file-test.ts";
import type { Attempt, Reply } from "../../../load/run/registration-client.ts";
import type { LoadItem } from "../../../load/people/load-item.ts";
import { sendLoad, type ClosedLoadOptions, type Ending } from "../../../load/run/closed-load.ts";

function* items(count: number): Generator<LoadItem> {
  for (let index = 0; index < count; index += 1) {
    const submission = { email: `person-${index}@example.org`, name: "Ann" };
    yield { submission, idempotencyKey: `key-${index}`, kind: "first registration" };
  }
}

async function send(
  post: (key: string, attempt: number) => Reply | Promise<Reply>,
  options: Partial<ClosedLoadOptions> = {},
) {
  const attempts: Attempt[] = [];
  const endings: Ending[] = [];
  const asked = new Map<string, number>();
  await sendLoad({
    items: items(1),
    concurrency: 1,
    signal: new AbortController().signal,
    random: () => 0,
    client: {
      async post(_, key) {
        const attempt = (asked.get(key) ?? 0) + 1;
        asked.set(key, attempt);
        return post(key, attempt);
      },
    },
    onAttempt: (attempt) => attempts.push(attempt),
    onEnding: (ending) => endings.push(ending),
    ...options,
  });
  return { attempts, endings };
}

const busy: Reply = { status: 503, code: "TURNOUT_OVERLOADED", retryAfterSeconds: 0.01 };

t.test("a 503, a 429 and a lost answer are tried again with the same key; each attempt is told", async (t) => {
  const answers: Reply[] = [
    busy,
    { status: 429, retryAfterSeconds: 0 },
    { status: null, code: "ECONNRESET" },
    { status: 202 },
  ];
  const { attempts, endings } = await send((_, attempt) => answers[attempt - 1]!);
  t.strictSame(
    attempts.map(({ outcome }) => outcome),
    ["rejected", "rejected", "unknown", "accepted"],
  );
  t.equal(new Set(attempts.map(({ item }) => item.idempotencyKey)).size, 1);
  t.match(endings, [{ fate: "accepted", attempts: 4 }]);
  t.ok(endings[0]!.milliseconds >= 10, "waits count");
});

t.test("the server's time is waited for, and one without a name grows", async (t) => {
  const { attempts } = await send((_, attempt) => (attempt <= 3 ? { status: 500 } : { status: 202 }));
  const pauses = attempts.slice(1).map(({ startedAt }, index) => startedAt - attempts[index]!.endedAt);
  t.ok(pauses[0]! >= 100 && pauses[1]! >= 230 && pauses[2]! >= 480, pauses.join());
  const told = await send((_, attempt) => (attempt === 1 ? { ...busy, retryAfterSeconds: 0.3 } : { status: 202 }));
  t.ok(told.attempts[1]!.startedAt - told.attempts[0]!.endedAt >= 290);
});

t.test("a rejection is final, and attempts are limited", async (t) => {
  const rejected = await send(() => ({ status: 400, code: "TURNOUT_REGISTRATION_INVALID" }));
  t.match(rejected.endings, [{ fate: "rejected", attempts: 1 }]);
  const shed = await send(() => busy, { maxAttempts: 3 });
  t.match(shed.endings, [{ fate: "given up", attempts: 3 }]);
});

t.test("never more than so many are on their way at once, and all come to an ending", async (t) => {
  let now = 0;
  let most = 0;
  const { endings } = await send(
    async () => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return { status: 202 };
    },
    { items: items(500), concurrency: 7 },
  );
  t.equal(most, 7);
  t.equal(endings.length, 500);
});

t.test("stopped, it begins nothing more, awaits what is on its way, and waits out no pause", async (t) => {
  const stop = new AbortController();
  let posted = 0;
  const startedAt = Date.now();
  const { endings } = await send(
    () => {
      posted += 1;
      if (posted === 10) stop.abort();
      return { ...busy, retryAfterSeconds: 30 };
    },
    { items: items(1_000), concurrency: 10, signal: stop.signal },
  );
  t.equal(posted, 10);
  t.equal(endings.length, 10);
  t.ok(endings.every(({ fate }) => fate === "given up"));
  t.ok(Date.now() - startedAt < 10_000);
});

t.test("a source that fails ends the load with its error, after what was on its way", async (t) => {
  let ended = 0;
  async function* broken(): AsyncGenerator<LoadItem> {
    yield* items(3);
    throw new Error("disk gone");
  }
  const run = send(() => ({ status: 202 }), { items: broken(), concurrency: 2, onEnding: () => void (ended += 1) });
  await t.rejects(run, { message: "disk gone" });
  t.equal(ended, 3);
});
