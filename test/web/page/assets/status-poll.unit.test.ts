/** What a status page asks for, and when: its script as it is, in simulated time. */
import { passTime, type SimulatedTime } from "../../../../bench/status-polls/simulated-time.ts";
import { t } from "../../../equipment/file-test.ts";

interface Status {
  readonly status: string;
  readonly submittedAt: string;
  readonly retryAfterSeconds?: number;
}
type Answer =
  | { readonly kind: "seen"; readonly status: Status }
  | { readonly kind: "ahead" }
  | { readonly kind: "missed"; readonly misses: number };
interface StatusPoll {
  createStatusPoll(
    statusUrl: string,
    firstPollSeconds: number,
    status: string,
    submittedAt?: string,
  ): (isQueued: boolean) => Promise<Answer>;
}
const { createStatusPoll } = (await import(
  new URL("../../../../web/page/assets/status-poll.js", import.meta.url).href
)) as StatusPoll;

const epoch = Date.parse("2026-03-01T10:00:00Z");
const instant = (seconds: number) => new Date(epoch + seconds * 1_000).toISOString();
const statusUrl = "/registrations/k.x";

interface Server {
  /** @returns the body, or the HTTP status of an error. Default: nobody answers it */
  progress?(seconds: number): object | number;
  /** Seconds after which the registration is confirmed. Default: never. */
  readonly confirmedAfter?: number;
  /** HTTP status of the receipt's answers. Default: 200. */
  readonly fails?: number;
  readonly retryAfterSeconds?: number;
}

interface Visit {
  readonly seconds: number;
  readonly isQueued?: boolean;
  /** As the page shows it. */
  readonly submittedAt?: string;
  /** Whether the page is visible from the start; it is from 60 s on. */
  readonly isHidden?: boolean;
}

interface Asked {
  readonly what: "status" | "progress";
  readonly at: number;
}

/** A page whose registration was accepted at 0 s. @returns what it asked for, and what it was told */
async function visit({ progress = () => 404, confirmedAfter = Infinity, ...server }: Server, options: Visit) {
  const { seconds, isQueued = true, submittedAt, isHidden = false } = options;
  const { fails, retryAfterSeconds = 10 } = server;
  const asked: Asked[] = [];
  const answers: Answer[] = [];
  const real = { fetch: globalThis.fetch, document: (globalThis as { document?: unknown }).document };

  function answerTo(path: string, at: number): object | number {
    if (path === "/progress") return progress(at);
    if (fails !== undefined) return fails;
    const status = at >= confirmedAfter ? { status: "confirmed" } : { status: "pending", retryAfterSeconds };
    return { ...status, submittedAt: instant(0) };
  }

  function simulate(time: SimulatedTime): void {
    const page = Object.assign(new EventTarget(), { visibilityState: isHidden ? "hidden" : "visible" });
    const ask = async (path: string) => {
      const at = time.now() / 1_000;
      asked.push({ what: path === "/progress" ? "progress" : "status", at });
      const said = answerTo(path, at);
      if (typeof said !== "number") return Response.json(said);
      if (said === 0) throw new TypeError("no network");
      return new Response("<html>", { status: said });
    };
    Object.assign(globalThis, { document: page, fetch: (path: string) => time.hold(ask(path)) });
    time.at(60_000, () => {
      page.visibilityState = "visible";
      page.dispatchEvent(new Event("visibilitychange"));
    });
    const poll = createStatusPoll(statusUrl, 1, "pending", submittedAt);
    void (async () => {
      while (time.now() < seconds * 1_000) {
        const answer = await poll(isQueued);
        answers.push(answer);
        if (answer.kind === "seen" && answer.status.status === "confirmed") return;
      }
    })();
  }

  try {
    await passTime(simulate);
  } finally {
    Object.assign(globalThis, real);
  }
  const times = (what: Asked["what"]) => asked.filter((one) => one.what === what).map(({ at }) => at);
  return { answers, asked, statuses: times("status"), progresses: times("progress") };
}

const gaps = (times: readonly number[]) => times.slice(1).map((at, index) => at - (times[index] ?? 0));
/** The queue stands ten minutes before the registration, and comes to it after as long. */
const backlog = (at: number) => ({
  storedUntil: instant(at < 600 ? -600 : 1),
  waiting: 9_000,
  estimatedWaitSeconds: 600,
});

t.test(
  "while others are before it, a page asks how far the queue is, and for its status when its time comes",
  async (t) => {
    const { answers, asked, statuses } = await visit({ progress: backlog, confirmedAfter: 600 }, { seconds: 3_600 });
    t.equal(asked[0]?.what, "status", "first of all: it may be done already, and has a reference to be shown");
    t.ok(statuses.length <= 8, `${statuses.length} times its status`);
    t.match(answers.at(-1), { kind: "seen", status: { status: "confirmed" } });
    t.ok((asked.at(-1)?.at ?? 0) < 620, "soon after its time has come");
    t.equal(asked.at(-2)?.what, "progress");
    const before = await visit({ confirmedAfter: 600 }, { seconds: 3_600 });
    t.ok(before.statuses.length >= 40, `control: ${before.statuses.length} times where nobody tells how far it is`);
  },
);

t.test("it asks for its status every two minutes at least, whatever is told of the queue", async (t) => {
  const still = { storedUntil: instant(-600), waiting: 9_000 };
  const { statuses, progresses, answers } = await visit({ progress: () => still }, { seconds: 3_600 });
  for (const gap of gaps(statuses)) t.ok(gap >= 60 && gap <= 120.5, `${gap} s`);
  t.ok(answers.some(({ kind }) => kind === "ahead"));
  for (const gap of gaps(progresses)) t.ok(gap >= 1 && gap <= 31, `${gap} s`);
  const pauses = gaps(progresses).filter((gap) => gap <= 15);
  t.ok(new Set(pauses).size > pauses.length / 2, "at random, so that those who came together do not ask together");
});

t.test(
  "how far the queue is, is asked for less and less often, up to every ten seconds and half as much more",
  async (t) => {
    const { progresses } = await visit({ progress: backlog, retryAfterSeconds: 1 }, { seconds: 90 });
    const [first = 0, ...later] = gaps(progresses);
    t.ok(first >= 1.5 && first <= 2.3, `${first} s`);
    for (const gap of later.slice(5)) t.ok(gap >= 10 && gap <= 15, `${gap} s`);
  },
);

t.test("where nothing is known, or nobody waits for long, it asks for its status as the server says", async (t) => {
  for (const [what, progress] of [
    ["unknown", () => ({ storedUntil: null })],
    ["no such address", () => 404],
    ["an error", () => 503],
    ["no network", () => 0],
    ["something else", () => ({})],
    ["a short wait", () => ({ storedUntil: instant(-5), waiting: 100, estimatedWaitSeconds: 3 })],
    ["its time has come", () => ({ storedUntil: instant(0), waiting: 9_000, estimatedWaitSeconds: 600 })],
  ] as const) {
    const { statuses, answers } = await visit({ progress }, { seconds: 300 });
    for (const gap of gaps(statuses)) t.ok(gap >= 10 && gap <= 15, `${what}: ${gap} s`);
    t.ok(
      answers.every(({ kind }) => kind === "seen"),
      what,
    );
  }
});

t.test("a page that shows when it was accepted asks first how far the queue is", async (t) => {
  const { asked } = await visit({ progress: backlog }, { seconds: 60, submittedAt: instant(0) });
  t.ok(asked.length > 3);
  t.ok(asked.every(({ what }) => what === "progress"));
});

t.test("who waits for a change, or is settled, never asks how far the queue is", async (t) => {
  const { statuses, progresses } = await visit({ progress: backlog }, { seconds: 300, isQueued: false });
  t.equal(progresses.length, 0);
  t.ok(statuses.length > 15);
});

t.test("a tab in the background asks for nothing, and for something as soon as it is seen", async (t) => {
  const { asked } = await visit({ progress: backlog }, { seconds: 90, isHidden: true });
  t.equal(asked[0]?.at, 60);
});

t.test(
  "a status that is not answered is told, and asked for again; how far the queue is does not hide it",
  async (t) => {
    const { answers, statuses } = await visit({ fails: 503 }, { seconds: 60 });
    t.match(answers.slice(0, 3), [{ misses: 1 }, { misses: 2 }, { misses: 3 }]);
    const pauses = gaps(statuses);
    t.ok((pauses[1] ?? 0) > 8 && (pauses.at(-1) ?? 0) <= 45, pauses.join(" "));
    const isQueued = await visit({ fails: 503, progress: backlog }, { seconds: 700, submittedAt: instant(0) });
    t.ok(isQueued.answers.some(({ kind }) => kind === "missed"));
  },
);
