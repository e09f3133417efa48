import { t } from "../../../equipment/file-test.ts";

interface Backoff {
  waitMs(asked: number | undefined, attempt: number, random?: () => number): number;
  askedSeconds(response: Response): number | undefined;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
// The page's script is plain JavaScript: there are no types to import.
const { waitMs, askedSeconds, sleep } = (await import(
  new URL("../../../../web/page/assets/backoff.js", import.meta.url).href
)) as Backoff;

t.test("never comes back earlier than it was asked to, and not at the same time as everybody else", async (t) => {
  for (const asked of [1, 3, 60]) {
    t.equal(
      waitMs(asked, 0, () => 0),
      asked * 1_000,
    );
    t.equal(
      waitMs(asked, 9, () => 1),
      asked * 1_500,
    );
  }
  const waits = Array.from({ length: 100 }, () => waitMs(10, 0));
  t.ok(new Set(waits).size > 50);
  for (const wait of waits) t.ok(wait >= 10_000 && wait <= 15_000);
});

t.test("waits longer from miss to miss where nobody says how long, up to a bound", async (t) => {
  const waits = Array.from({ length: 50 }, (_, attempt) => waitMs(undefined, attempt, () => 0));
  t.strictSame(waits.slice(0, 6), [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  t.equal(waits.at(-1), 30_000);
});

t.test("is not sent away for ever, nor asked to hurry", async (t) => {
  t.equal(
    waitMs(0, 0, () => 0),
    1_000,
  );
  t.equal(
    waitMs(86_400, 0, () => 0),
    120_000,
  );
});

t.test("reads a Retry-After in seconds, and no other", async (t) => {
  const asked = (value?: string) =>
    askedSeconds(new Response(null, value === undefined ? {} : { headers: { "retry-after": value } }));
  t.equal(asked("7"), 7);
  t.equal(asked("0"), 0);
  for (const value of [undefined, "", "soon", "-1", "1.5", "99999999", "Wed, 21 Oct 2026 07:28:00 GMT"]) {
    t.equal(asked(value), undefined, String(value));
  }
});

t.test("stops waiting at once when it is told to", async (t) => {
  const controller = new AbortController();
  const waiting = sleep(3_600_000, controller.signal);
  controller.abort();
  await waiting;
  await sleep(3_600_000, controller.signal);
  await sleep(1);
  t.pass();
});
