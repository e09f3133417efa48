import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import {
  encodeRegistration,
  maxPackBytes,
  maxPackRegistrations,
  packFrameBytes,
} from "../../../shared/registration/registration-pack.ts";
import { createGroupCommit, type GroupCommit, type GroupCommitOptions } from "../../../web/queue/group-commit.ts";
import type { Span } from "../../../shared/tracing/tracing.ts";
import { eventually } from "../../equipment/eventually.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import { somebody } from "../../equipment/people.ts";

interface Sent {
  readonly body: string;
  readonly count: number;
  readonly spans: readonly Span[] | undefined;
  /** The ids in it, in order. */
  readonly ids: string[];
  confirm(): void;
  fail(error: Error): void;
}

/** A queue that answers when the test says so. */
function createSlowQueue() {
  const sent: Sent[] = [];
  return {
    sent,
    send(body: string, count: number, spans?: readonly Span[]): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const ids = (JSON.parse(body) as { registrations: { id: string }[] }).registrations.map((entry) => entry.id);
      sent.push({ body, count, spans, ids, confirm: resolve, fail: reject });
      return promise;
    },
  };
}

function prepare(options: Partial<GroupCommitOptions> = {}, make: typeof createGroupCommit = createGroupCommit) {
  const queue = createSlowQueue();
  const clock = createManualClock();
  const groupCommit = make({
    send: queue.send,
    maxSendsInFlight: 2,
    maxWaiting: 1_000,
    maxWaitMs: 5_000,
    now: clock.now,
    ...options,
  });
  return { groupCommit, clock, sent: queue.sent };
}

/** Whether a promise has settled by now, and how. */
async function stateOf(promise: Promise<unknown>): Promise<"pending" | "fulfilled" | "rejected"> {
  await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([
    promise.then(
      () => "fulfilled" as const,
      () => "rejected" as const,
    ),
    Promise.resolve("pending" as const),
  ]);
}

const encoded = (id: string, name = "N") => encodeRegistration(somebody({ id, name }));
const id = (index: number) => `id-${String(index).padStart(6, "0")}`;

t.test("while a send is free, a registration leaves at once and alone", async (t) => {
  const { groupCommit, sent } = prepare();
  const first = groupCommit.submit(encoded(id(1)));
  t.same(sent[0]?.ids, [id(1)], "it was handed over before anything else could happen");
  const second = groupCommit.submit(encoded(id(2)));
  t.same(sent[1]?.ids, [id(2)]);
  sent[0]!.confirm();
  await first;
  t.equal(await stateOf(second), "pending", "somebody else's confirmation is not mine");
  sent[1]!.confirm();
  await second;
});

t.test("those who arrive while all sends are under way leave together as one pack", async (t) => {
  const { groupCommit, sent } = prepare({ maxSendsInFlight: 1 });
  const all = [1, 2, 3, 4].map((index) => groupCommit.submit(encoded(id(index))));
  t.equal(sent.length, 1);
  t.same(groupCommit.figures(), {
    confirmed: 0,
    packs: 0,
    failedPacks: 0,
    waiting: 3,
    sendsInFlight: 1,
    oldestWaitMs: 0,
    failingMs: 0,
    latestSendMs: 0,
  });
  sent[0]!.confirm();
  await all[0];
  t.same(sent[1]?.ids, [id(2), id(3), id(4)]);
  t.equal(sent[1]?.count, 3);
  sent[1]!.confirm();
  await Promise.all(all);
  t.match(groupCommit.figures(), { confirmed: 4, packs: 2, waiting: 0, sendsInFlight: 0 });
});

t.test(`a pack closes at ${maxPackRegistrations} registrations`, async (t) => {
  const { groupCommit, sent } = prepare({ maxSendsInFlight: 1 });
  const all = Array.from({ length: maxPackRegistrations + 2 }, (_, index) => groupCommit.submit(encoded(id(index))));
  for (let index = 0; index < 3; index += 1) {
    sent[index]!.confirm();
    await stateOf(all[0]!);
  }
  t.same(
    sent.map(({ count }) => count),
    [1, maxPackRegistrations, 1],
  );
  await Promise.all(all);
});

t.test(`a pack closes before ${maxPackBytes} bytes, counted in UTF-8`, async (t) => {
  const { groupCommit, sent } = prepare({ maxSendsInFlight: 1 });
  const large = Array.from({ length: 12 }, (_, index) =>
    encodeRegistration(somebody({ id: id(index), answers: { text: "ü".repeat(9_000 - index) } })),
  );
  const all = large.map((text) => groupCommit.submit(text));
  for (let index = 0; index < sent.length; index += 1) {
    sent[index]!.confirm();
    await stateOf(all[0]!);
  }
  await Promise.all(all);
  t.same(
    sent.map(({ count }) => count),
    [1, 3, 3, 3, 2],
  );
  for (const { body } of sent) t.ok(Buffer.byteLength(body) <= maxPackBytes);
});

t.test(
  "a registration that just fills a pack goes alone; one byte more is rejected, for no pack could hold it",
  async (t) => {
    const { groupCommit, sent } = prepare();
    const frame = Buffer.byteLength(encoded(id(1), ""));
    const room = maxPackBytes - packFrameBytes - 1;
    const fitting = groupCommit.submit(encoded(id(1), "x".repeat(room - frame)));
    t.equal(Buffer.byteLength(sent[0]!.body), maxPackBytes - 1, "the comma that it may need is counted in");
    sent[0]!.confirm();
    await fitting;
    await t.rejects(groupCommit.submit(encoded(id(2), "x".repeat(room - frame + 1))), {
      code: "TURNOUT_REGISTRATION_TOO_LARGE",
    });
    t.equal(sent.length, 1);
  },
);

t.test("a send that fails is told to all of its pack, with its cause, and to nobody else", async (t) => {
  const { groupCommit, sent } = prepare({ maxSendsInFlight: 1 });
  const [first, ...others] = [1, 2, 3].map((index) => groupCommit.submit(encoded(id(index))));
  const cause = new Error("the network is gone");
  sent[0]!.fail(cause);
  await t.rejects(first!, { code: "TURNOUT_ENQUEUE_FAILED", retryable: true, cause });
  sent[1]!.confirm();
  await Promise.all(others);
  t.match(groupCommit.figures(), { confirmed: 2, packs: 1, failedPacks: 1 });
});

t.test("how long sends have failed is told from the first failure to the next success", async (t) => {
  const { groupCommit, clock, sent } = prepare({ maxSendsInFlight: 1 });
  for (const after of [0, 700]) {
    const rejected = groupCommit.submit(encoded(id(1)));
    sent.at(-1)!.fail(new Error("failed"));
    await t.rejects(rejected, { code: "TURNOUT_ENQUEUE_FAILED" });
    t.equal(groupCommit.figures().failingMs, after);
    clock.advance(700);
  }
  const confirmed = groupCommit.submit(encoded(id(2)));
  sent.at(-1)!.confirm();
  await confirmed;
  t.equal(groupCommit.figures().failingMs, 0);
});

t.test("a quiet minute after a failed send is no minute of failing", async (t) => {
  const { groupCommit, clock, sent } = prepare();
  const rejected = groupCommit.submit(encoded(id(1)));
  sent[0]!.fail(new Error("failed"));
  await t.rejects(rejected, { code: "TURNOUT_ENQUEUE_FAILED" });
  clock.advance(60_000);
  const next = groupCommit.submit(encoded(id(2)));
  clock.advance(20);
  t.match(groupCommit.figures(), { failingMs: 0, latestSendMs: 20 });
  sent[1]!.confirm();
  await next;
});

t.test("a sender that throws instead of rejecting does no more harm than one that rejects", async (t) => {
  const { groupCommit } = prepare({
    send() {
      throw new Error("thrown at once");
    },
  });
  await t.rejects(groupCommit.submit(encoded(id(1))), { code: "TURNOUT_ENQUEUE_FAILED" });
  t.match(groupCommit.figures(), { sendsInFlight: 0, waiting: 0, failedPacks: 1 });
});

t.test("the buffer is bounded: whoever finds it full is rejected at once, and told apart from a failure", async (t) => {
  const { groupCommit, sent } = prepare({ maxSendsInFlight: 1, maxWaiting: 2 });
  const taken = [1, 2, 3].map((index) => groupCommit.submit(encoded(id(index))));
  t.equal(groupCommit.hasRoom(), false);
  await t.rejects(groupCommit.submit(encoded(id(4))), { code: "TURNOUT_OVERLOADED", retryable: true });
  sent[0]!.confirm();
  await taken[0];
  t.equal(groupCommit.hasRoom(), true, "the buffer moved on");
  const next = groupCommit.submit(encoded(id(5)));
  sent[1]!.confirm();
  await Promise.all(taken);
  sent[2]!.confirm();
  await next;
});

t.test("a pack that waited for too long is rejected and never sent, the next one goes", async (t) => {
  const { groupCommit, clock, sent } = prepare({ maxSendsInFlight: 1, maxWaitMs: 1_000 });
  const first = groupCommit.submit(encoded(id(1)));
  const stale = groupCommit.submit(encoded(id(2)));
  clock.advance(1_001);
  t.equal(groupCommit.figures().oldestWaitMs, 1_001);
  sent[0]!.confirm();
  await first;
  await t.rejects(stale, { code: "TURNOUT_OVERLOADED" });
  const fresh = groupCommit.submit(encoded(id(3)));
  t.same(sent[1]?.ids, [id(3)]);
  sent[1]!.confirm();
  await fresh;
});

t.test(
  "closing takes nothing more, waits for the outcome of all that was taken, and can be asked for twice",
  async (t) => {
    const { groupCommit, sent } = prepare({ maxSendsInFlight: 1 });
    const all = [1, 2].map((index) => groupCommit.submit(encoded(id(index))));
    const closed = groupCommit.close();
    t.equal(groupCommit.close(), closed);
    t.equal(groupCommit.hasRoom(), false);
    await t.rejects(groupCommit.submit(encoded(id(3))), { code: "TURNOUT_STOPPING" });
    sent[0]!.confirm();
    t.equal(await stateOf(closed), "pending");
    sent[1]!.confirm();
    await closed;
    await Promise.all(all);
  },
);

t.test("closing an idle group commit settles at once", async () => {
  await prepare().groupCommit.close();
});

/**
 * Any course of arrivals, answers and time, and what must hold whatever the course was.
 */
type Step =
  | { readonly kind: "arrive"; readonly sizes: readonly number[] }
  | { readonly kind: "answer"; readonly which: number; readonly ok: boolean }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "strain"; readonly idleRatio: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("arrive" as const),
      sizes: fc.oneof(
        fc.array(fc.nat(300), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 10_000, max: 66_000 }), { minLength: 1, maxLength: 4 }),
        fc.constant(Array.from({ length: 300 }, () => 1)),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      which: fc.nat(7),
      ok: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(3_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("strain" as const),
      idleRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);

interface Course {
  readonly steps: readonly Step[];
  readonly maxSendsInFlight: number;
  readonly maxWaiting: number;
}

const anyCourse: fc.Arbitrary<Course> = fc.record({
  steps: fc.array(anyStep, { maxLength: 40 }),
  maxSendsInFlight: fc.integer({ min: 1, max: 5 }),
  maxWaiting: fc.integer({ min: 1, max: 700 }),
});

/** @returns what was broken on the way, in words; nothing when all held */
async function follow(course: Course, make: typeof createGroupCommit): Promise<string[]> {
  const violations: string[] = [];
  const { maxSendsInFlight, maxWaiting } = course;
  let idleRatio = 1;
  const { groupCommit, clock, sent } = prepare(
    { maxSendsInFlight, maxWaiting, maxWaitMs: 4_000, idleRatio: () => idleRatio },
    make,
  );
  /** What was told to each submitter: "ok" or an error code; an array, so that telling twice would show. */
  const told = new Map<string, string[]>();
  const outcomes: Promise<void>[] = [];
  const answered = new Map<Sent, boolean>();
  let arrivals = 0;

  function submit(size: number): void {
    const own = id(arrivals);
    arrivals += 1;
    told.set(own, []);
    const settled = groupCommit.submit(encoded(own, "x".repeat(size))).then(
      () => void told.get(own)!.push("ok"),
      (error: unknown) => void told.get(own)!.push(error instanceof TurnoutError ? error.code : String(error)),
    );
    outcomes.push(settled);
  }

  async function answer(which: number, ok: boolean): Promise<void> {
    const open = sent.filter((pack) => !answered.has(pack));
    const pack = open[which % Math.max(open.length, 1)];
    if (!pack) return;
    for (const own of pack.ids) {
      if (told.get(own)!.length > 0)
        violations.push(`${own} was told ${told.get(own)!.join()} before its pack was answered`);
    }
    answered.set(pack, ok);
    if (ok) pack.confirm();
    else pack.fail(new Error("failed"));
    await new Promise((resolve) => setImmediate(resolve));
  }

  for (const step of course.steps) {
    if (step.kind === "arrive") for (const size of step.sizes) submit(size);
    else if (step.kind === "answer") await answer(step.which, step.ok);
    else if (step.kind === "wait") clock.advance(step.ms);
    else idleRatio = step.idleRatio;
    const open = sent.length - answered.size;
    if (open > maxSendsInFlight) violations.push(`${open} sends were under way at once`);
    if (groupCommit.figures().waiting > maxWaiting) violations.push("more waited than may wait");
  }
  while (sent.length > answered.size) await answer(0, true);
  await Promise.all(outcomes);

  const order = sent.flatMap((pack) => pack.ids);
  if (order.some((own, index) => index > 0 && own <= order[index - 1]!)) violations.push("the order was not kept");
  for (const pack of sent) {
    if (pack.count !== pack.ids.length) violations.push(`the count ${pack.count} is not ${pack.ids.length}`);
    if (pack.count > maxPackRegistrations) violations.push(`a pack held ${pack.count}`);
    if (Buffer.byteLength(pack.body) > maxPackBytes) violations.push("a pack was too large");
  }
  const outcomeById = new Map(sent.flatMap((pack) => pack.ids.map((own) => [own, answered.get(pack)] as const)));
  const rejections = new Set(["TURNOUT_OVERLOADED", "TURNOUT_REGISTRATION_TOO_LARGE"]);
  for (const [own, [outcome, ...more]] of told) {
    if (outcome === undefined || more.length > 0) violations.push(`${own} was told ${more.length + 1} outcomes`);
    const packOutcome = outcomeById.get(own);
    const expected = packOutcome === undefined ? undefined : packOutcome ? "ok" : "TURNOUT_ENQUEUE_FAILED";
    if (expected ? outcome !== expected : !rejections.has(outcome ?? "")) {
      violations.push(`${own} was told ${outcome}, its pack: ${expected ?? "never sent"}`);
    }
  }
  return violations;
}

t.test(
  "whatever the course: each is told its own pack's outcome, once, packs and sends keep their bounds",
  async () => {
    await fc.assert(
      fc.asyncProperty(anyCourse, async (course) => {
        const violations = await follow(course, createGroupCommit);
        if (violations.length > 0) throw new Error(violations.slice(0, 5).join("\n"));
      }),
      { numRuns: 200 },
    );
  },
);

t.test("control: the same check finds a group commit that breaks its promise", async (t) => {
  const busy: Course = {
    steps: [
      { kind: "arrive", sizes: Array.from({ length: 10 }, () => 10) },
      { kind: "answer", which: 0, ok: false },
      { kind: "arrive", sizes: Array.from({ length: 600 }, () => 10) },
      { kind: "answer", which: 0, ok: true },
    ],
    maxSendsInFlight: 2,
    maxWaiting: 500,
  };
  const broken: Record<string, (options: GroupCommitOptions) => GroupCommit> = {
    "confirms before the send came back": (options) =>
      createGroupCommit({
        ...options,
        async send(body, count) {
          options.send(body, count).catch(() => {});
        },
      }),
    "swallows the failure of a send": (options) =>
      createGroupCommit({ ...options, send: (body, count) => options.send(body, count).catch(() => {}) }),
    "lets one more send out than it may": (options) =>
      createGroupCommit({ ...options, maxSendsInFlight: options.maxSendsInFlight + 1 }),
    "lets the buffer grow": (options) => createGroupCommit({ ...options, maxWaiting: 10_000 }),
    "sends one registration in the place of another": (options) => {
      const inner = createGroupCommit(options);
      const last: string[] = [];
      return { ...inner, submit: (text) => inner.submit(last.push(text) % 2 ? text : last[last.length - 2]!) };
    },
  };
  t.same(await follow(busy, createGroupCommit), []);
  for (const [what, make] of Object.entries(broken)) t.not((await follow(busy, make)).length, 0, what);
});

t.test("a process without time to spare sends one pack at a time, until packs are full", async (t) => {
  let idleRatio = 1;
  const { groupCommit, sent } = prepare({ maxSendsInFlight: 4, idleRatio: () => idleRatio });
  const all = [groupCommit.submit(encoded(id(0))), groupCommit.submit(encoded(id(1)))];
  t.equal(sent.length, 2, "with time to spare each leaves at once");
  idleRatio = 0;
  for (let index = 2; index < maxPackRegistrations + 2; index += 1) all.push(groupCommit.submit(encoded(id(index))));
  t.equal(sent.length, 2, "without it, they gather");
  all.push(groupCommit.submit(encoded(id(maxPackRegistrations + 2))));
  t.equal(sent.length, 3, "a full pack takes a free send all the same");
  t.equal(sent[2]?.count, maxPackRegistrations);
  sent[0]!.confirm();
  sent[1]!.confirm();
  sent[2]!.confirm();
  await all[2];
  t.equal(sent.length, 4, "nobody waits while nothing is under way");
  sent[3]!.confirm();
  await Promise.all(all);
});

t.test("one send that hangs in a process without time to spare holds nobody while other sends are free", async (t) => {
  const { groupCommit, clock, sent } = prepare({ maxSendsInFlight: 8, idleRatio: () => 0 });
  const hung = groupCommit.submit(encoded(id(0)));
  const outcomes: Promise<void>[] = [];
  for (let arrival = 1; arrival <= 91; arrival += 1) {
    clock.advance(50);
    outcomes.push(groupCommit.submit(encoded(id(arrival))));
    t.ok(groupCommit.figures().oldestWaitMs <= 150, `after ${arrival}: ${groupCommit.figures().oldestWaitMs} ms`);
    for (const pack of sent.slice(1)) pack.confirm();
    await stateOf(outcomes[0]!);
  }
  t.equal(await stateOf(hung), "pending");
  t.ok(sent.length <= 1 + 91 / 2, `${sent.length} sends: they still gather`);
  clock.advance(100);
  await eventually(() => sent.at(-1)!.ids.includes(id(91)), "the last leaves, though nobody comes after it");
  sent.at(-1)!.confirm();
  await Promise.all(outcomes);
  sent[0]!.confirm();
  await hung;
});

t.test("packs that leave because they are old are ten a second at most, however many come", async (t) => {
  const { groupCommit, clock, sent } = prepare({ maxSendsInFlight: 64, idleRatio: () => 0 });
  const all = [groupCommit.submit(encoded(id(0)))];
  for (let ms = 1; ms <= 1_000; ms += 1) {
    clock.advance(1);
    for (let person = 0; person < 2; person += 1) all.push(groupCommit.submit(encoded(id(2 * ms + person))));
  }
  t.equal(sent.length, 1 + 9, "each waits for 100 ms, and the next one starts after it");
  for (let index = 0; index < sent.length; index += 1) {
    sent[index]!.confirm();
    await stateOf(all[0]!);
  }
  await Promise.all(all);
});

t.test("the spans of a pack are those of its registrations, and none where none is traced", async (t) => {
  const { groupCommit, sent } = prepare({ maxSendsInFlight: 1 });
  const span = (traceparent: string) => ({ traceparent }) as Span;
  const submit = (traced?: Span) => void groupCommit.submit(encodeRegistration(somebody()), undefined, traced);
  submit();
  submit(span("a"));
  submit();
  submit(span("b"));
  sent[0]?.confirm();
  await eventually(() => sent.length === 2, "the second pack leaves");
  t.equal(sent[0]?.spans, undefined);
  t.strictSame(
    sent[1]?.spans?.map(({ traceparent }) => traceparent),
    ["a", "b"],
  );
  t.equal(sent[1]?.count, 3);
  sent[1]?.confirm();
  await groupCommit.close();
});

t.test("the chores of a pack are done once, in a row, while it is under way", async (t) => {
  const { groupCommit, sent } = prepare({ maxSendsInFlight: 1 });
  const done: string[] = [];
  const chore = (name: string) => () => void done.push(name);
  const first = groupCommit.submit(encoded(id(0)), undefined, undefined, chore("alone"));
  const others = [1, 2, 3].map((index) =>
    groupCommit.submit(encoded(id(index)), undefined, undefined, chore(`${index}`)),
  );
  t.same(done, [], "not before the request has left");
  await stateOf(first);
  t.same(done, ["alone"], "without waiting for the queue");
  sent[0]!.confirm();
  await first;
  t.same(done, ["alone"], "those of a pack that has not left are not done");
  sent[1]!.confirm();
  await Promise.all(others);
  t.same(done, ["alone", "1", "2", "3"], "at the latest before the confirmation is told");
  await stateOf(first);
  t.equal(done.length, 4, "and not again");
});

t.test("a chore that fails harms neither its pack nor the other chores", async (t) => {
  const { groupCommit, sent } = prepare({ maxSendsInFlight: 1 });
  let done = 0;
  const fails = () => {
    throw new Error("no cipher");
  };
  void groupCommit.submit(encoded(id(0)));
  const both = [
    groupCommit.submit(encoded(id(1)), undefined, undefined, fails),
    groupCommit.submit(encoded(id(2)), undefined, undefined, () => (done += 1)),
  ];
  sent[0]!.confirm();
  await stateOf(both[0]!);
  sent[1]!.confirm();
  await Promise.all(both);
  t.equal(done, 1);
});
