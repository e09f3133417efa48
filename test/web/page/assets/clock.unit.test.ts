import { t } from "../../../equipment/file-test.ts";
import { eventually } from "../../../equipment/eventually.ts";

interface Clock {
  readServerClock(ask: (url: string, options: RequestInit) => Promise<Response>): Promise<() => number>;
}
const { readServerClock } = (await import(
  new URL("../../../../web/page/assets/clock.js", import.meta.url).href
)) as Clock;

const date = "Fri, 04 Sep 2026 07:00:00 GMT";
const answer = (headers: Record<string, string>) => async () => new Response(null, { headers });

t.test("takes the server's date for the time, however far it is from the device's own", async (t) => {
  const now = await readServerClock(answer({ date }));
  const first = now();
  t.ok(first >= Date.parse(date) && first < Date.parse(date) + 5_000);
  await eventually(() => now() > first, "the clock goes on");
});

t.test("adds the time that the answer has lain in a cache", async (t) => {
  const now = await readServerClock(answer({ date, age: "40" }));
  t.ok(now() >= Date.parse(date) + 40_000 && now() < Date.parse(date) + 45_000);
});

t.test("asks for nothing but the head of the page, and not the browser's own copy", async (t) => {
  await readServerClock(async (url, options) => {
    t.equal(url, "/");
    t.match(options, { method: "HEAD", cache: "no-store" });
    return new Response(null, { headers: { date } });
  });
});

t.test("says that it could not read it rather than guess", async (t) => {
  await t.rejects(readServerClock(answer({})));
  await t.rejects(readServerClock(answer({ date: "yesterday" })));
  await t.rejects(
    readServerClock(() => Promise.reject(new TypeError("no network"))),
    { name: "TypeError" },
  );
});
