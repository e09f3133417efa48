import assert from "node:assert/strict";
import * as fc from "fast-check";
import { t } from "../equipment/file-test.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { createCircuitBreaker } from "../../worker/circuit-breaker.ts";
import type { Rejected } from "../../worker/batch-insert.ts";
import {
  createBatchWriter,
  type BatchWriterOptions,
  type Transient,
  type Unfinished,
} from "../../worker/batch-writer.ts";
import type { SystemError } from "../../shared/process/system-error.ts";
import { eventually } from "../equipment/eventually.ts";
import { createManualClock } from "../equipment/manual-clock.ts";
import { people, somebody } from "../equipment/people.ts";

const systemError = (message = "denied"): SystemError => ({
  kind: "access-denied",
  action: "dynamodb:PartiQLInsert",
  resource: "registrations",
  message,
});

type Result = { readonly kind: "stored"; readonly fresh: boolean } | { readonly kind: "duplicate" } | Rejected;
type Options = BatchWriterOptions<Registration, Result>;
type Create = typeof createBatchWriter<Registration, Result>;

interface Call {
  readonly registrations: readonly Registration[];
  answer(results: readonly (Result | Transient)[]): void;
  /** The same result for all. */
  answerAll(result: Result | Transient): void;
}

const stored: Result = { kind: "stored", fresh: true };
/** Only a stored one tells what its followers are. */
const follow: Options["follow"] = (leader, { kind }, { id }) => {
  if (kind !== "stored") return undefined;
  return id === leader.id ? { kind: "stored", fresh: false } : { kind: "duplicate" };
};
const longDeadline = 1e9;

/** A writer in front of a table that answers when the test says so, on a clock that the test moves. */
function prepare(options: Partial<Options> = {}) {
  const clock = createManualClock();
  const calls: Call[] = [];
  const changes: boolean[] = [];
  const breaker = createCircuitBreaker({
    now: clock.now,
    random: () => 0,
    minBackoffMs: 20,
    maxBackoffMs: 20,
    onChange: (open) => changes.push(open),
  });
  const storedPeople: string[] = [];
  const writer = createBatchWriter<Registration, Result>({
    keyOf: ({ email }) => email,
    write(registrations) {
      const { promise, resolve } = Promise.withResolvers<(Result | Transient)[]>();
      calls.push({
        registrations,
        answer: (results) => resolve([...results]),
        answerAll: (result) => resolve(registrations.map(() => result)),
      });
      return promise;
    },
    follow,
    onResult: ({ id }, result) => {
      if (result.kind === "stored" && result.fresh) storedPeople.push(id);
    },
    breaker,
    maxCallsInFlight: 2,
    standstillTimeoutMs: 30_000,
    describeStandstill: () => systemError("throttled for long"),
    now: clock.now,
    random: () => 0,
    ...options,
  });
  return { writer, clock, calls, breaker, changes, storedPeople };
}

const emails = (call: Call | undefined) => call?.registrations.map((registration) => registration.email);
const call = (calls: readonly Call[], index: number) => eventually(() => calls[index], `call ${index + 1}`);
const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test("while a call is free, a registration is written at once", async (t) => {
  const { writer, calls, storedPeople } = prepare();
  const [person] = people(1) as [Registration];
  const outcome = writer.writeAll([person], longDeadline);
  t.same(calls[0]?.registrations, [person]);
  calls[0]!.answerAll(stored);
  t.match(await outcome, [{ kind: "stored" }]);
  t.same(storedPeople, [person.id]);
});

t.test("what comes while all calls are under way is merged into full calls, whoever brought it", async (t) => {
  const { writer, calls } = prepare({ maxCallsInFlight: 1 });
  const all = Array.from({ length: 7 }, () => writer.writeAll(people(10), longDeadline));
  t.equal(calls[0]!.registrations.length, 10);
  t.same(writer.figures(), { waiting: 60, callsInFlight: 1, limit: 1 });
  for (const [index, size] of [10, 25, 25, 10].entries()) {
    const next = await call(calls, index);
    t.equal(next.registrations.length, size);
    next.answerAll(stored);
  }
  t.equal((await Promise.all(all)).flat().filter(({ kind }) => kind === "stored").length, 70);
});

t.test("nothing to write is nothing to wait for", async (t) => {
  const { writer, calls } = prepare();
  t.same(await writer.writeAll([], longDeadline), []);
  t.equal(calls.length, 0);
});

t.test(
  "an address stands once in a call: its double click is stored, a second submission is a duplicate",
  async (t) => {
    const { writer, calls } = prepare();
    const [person, other] = people(2) as [Registration, Registration];
    const second = { ...somebody(), email: person.email };
    const outcome = writer.writeAll([person, person, second, other, person], longDeadline);
    t.same(emails(calls[0]), [person.email, other.email]);
    calls[0]!.answerAll(stored);
    t.same(
      (await outcome).map(({ kind }) => kind),
      ["stored", "stored", "duplicate", "stored", "stored"],
    );
    t.equal(calls.length, 1);
  },
);

t.test("who follows somebody that was not stored asks for itself", async (t) => {
  const { writer, calls } = prepare();
  const first = somebody();
  const second = { ...somebody(), email: first.email };
  const rejected = writer.writeAll([first, second], longDeadline);
  calls[0]!.answerAll({ kind: "rejected", reason: "rejected-by-table", detail: "no" });
  const next = await call(calls, 1);
  t.same(next.registrations, [second]);
  next.answerAll(stored);
  t.match(await rejected, [{ kind: "rejected", reason: "rejected-by-table" }, { kind: "stored" }]);

  const duplicate = writer.writeAll([first, second], longDeadline);
  calls[2]!.answerAll({ kind: "duplicate" });
  (await call(calls, 3)).answerAll({ kind: "stored", fresh: false });
  t.match(await duplicate, [{ kind: "duplicate" }, { kind: "stored" }], "the second one was the one that is stored");
});

t.test("only what is throttled or failed is tried again; the rest is told at once", async (t) => {
  const { writer, calls } = prepare();
  const [a, b, c] = people(3) as [Registration, Registration, Registration];
  const outcomes = writer.writeAll([a, b, c], longDeadline);
  calls[0]!.answer([stored, { kind: "throttled" }, { kind: "failed" }]);
  const again = await call(calls, 1);
  t.same(again.registrations, [b, c]);
  again.answerAll(stored);
  t.same(
    (await outcomes).map(({ kind }) => kind),
    ["stored", "stored", "stored"],
  );
});

t.test("the pause before another try grows with every try, with full jitter, up to its longest", async (t) => {
  const pauses: number[] = [];
  const { setTimeout: real } = globalThis;
  t.intercept(globalThis, "setTimeout", {
    value: (run: () => void, ms: number) => {
      pauses.push(ms);
      return real(run, Math.min(ms, 1));
    },
  });
  const { writer, calls } = prepare({ random: () => 0.5 });
  const outcome = writer.writeAll(people(1), longDeadline);
  for (let tries = 0; tries < 10; tries += 1) (await waitFor(calls, tries)).answerAll({ kind: "failed" });
  (await waitFor(calls, 10)).answerAll(stored);
  await outcome;
  const backoffs = pauses.filter((ms) => ms >= 25);
  t.same(backoffs, [25, 50, 100, 200, 400, 800, 1_600, 2_500, 2_500, 2_500]);

  async function waitFor(list: readonly Call[], index: number): Promise<Call> {
    while (!list[index]) await turn();
    return list[index];
  }
});

t.test(
  "throttling halves the calls under way, once for all that were throttled together; success raises them",
  async (t) => {
    const { writer, calls, clock } = prepare({ maxCallsInFlight: 8 });
    clock.advance(1_000);
    const first = Array.from({ length: 8 }, () => writer.writeAll(people(25), longDeadline));
    t.equal(calls.length, 8);
    for (const each of calls.slice(0, 8)) each.answerAll({ kind: "throttled" });
    await eventually(() => calls.length >= 12, "the next calls");
    await turn();
    t.equal(calls.length, 12, "four at once, and not eight");
    t.equal(writer.figures().limit, 4);
    for (let index = 8; index < 16; index += 1) (await call(calls, index)).answerAll(stored);
    await Promise.all(first);
    t.ok(writer.figures().limit > 5 && writer.figures().limit < 8, `raised gently to ${writer.figures().limit}`);
  },
);

t.test("ten thousand of one address are one call, whoever brought them, and none asks for itself", async (t) => {
  const { writer, calls } = prepare({ maxCallsInFlight: 1 });
  const [bystander, first] = people(2) as [Registration, Registration];
  const before = writer.writeAll([bystander], longDeadline);
  const packs = Array.from({ length: 40 }, (_, pack) =>
    Array.from({ length: 250 }, (_unused, place) => ({ ...first, id: `submission-${pack}-${place}` })),
  );
  const all = packs.map((pack) => writer.writeAll(pack, longDeadline));
  calls[0]!.answerAll(stored);
  (await call(calls, 1)).answerAll(stored);
  const results = (await Promise.all(all)).flat();
  t.equal(results.filter(({ kind }) => kind === "duplicate").length, 9_999);
  t.equal(calls.length, 2);
  t.match(await before, [stored]);
});

t.test(
  "what is buffered for longer than its deadline is given up when its turn comes, and costs no call",
  async (t) => {
    const { writer, calls, clock } = prepare({ maxCallsInFlight: 1 });
    const underWay = writer.writeAll(people(25), longDeadline);
    const [late, later] = [writer.writeAll(people(40), 1_000), writer.writeAll(people(3), longDeadline)];
    clock.advance(1_000);
    calls[0]!.answerAll(stored);
    await underWay;
    t.ok((await late).every(({ kind }) => kind === "unfinished"));
    const next = await call(calls, 1);
    t.equal(next.registrations.length, 3);
    next.answerAll(stored);
    t.ok((await later).every(({ kind }) => kind === "stored"));
  },
);

t.test("who follows somebody that is given up has a deadline of its own", async (t) => {
  const { writer, calls, clock } = prepare();
  const first = somebody();
  const early = writer.writeAll([first], 1_000);
  calls[0]!.answerAll({ kind: "throttled" });
  const again = await call(calls, 1);
  again.answerAll({ kind: "throttled" });
  const later = writer.writeAll([{ ...somebody(), email: first.email }], longDeadline);
  clock.advance(1_000);
  for (let index = 2; index < calls.length; index += 1) calls[index]!.answerAll({ kind: "throttled" });
  t.same(await early, [{ kind: "unfinished" }]);
  await eventually(async () => {
    calls.at(-1)!.answerAll(stored);
    return Promise.race([later.then(() => true), turn().then(() => false)]);
  }, "the later one is stored");
  t.same(await later, [stored]);
});

t.test("time in which a system error holds everything counts for nobody's deadline", async (t) => {
  const { writer, calls, clock, breaker } = prepare({ maxCallsInFlight: 1 });
  const [first, second] = [writer.writeAll(people(25), 2_000), writer.writeAll(people(25), 2_000)];
  clock.advance(1_000);
  calls[0]!.answerAll({ kind: "system", systemError: systemError() });
  await turn();
  clock.advance(3_600_000);
  (await call(calls, 1)).answerAll(stored);
  await first;
  t.equal(breaker.state, "closed");
  clock.advance(999);
  (await call(calls, 2)).answerAll({ kind: "throttled" });
  const third = await call(calls, 3);
  clock.advance(1);
  third.answerAll({ kind: "throttled" });
  t.ok(
    (await second).every(({ kind }) => kind === "unfinished"),
    "and the rest of it still counts",
  );
});

t.test("what is not stored by its deadline is left to redelivery", async (t) => {
  const { writer, calls, clock } = prepare();
  const [late, early] = people(2) as [Registration, Registration];
  const outcomes = writer.writeAll([late], 5_000);
  const later = writer.writeAll([early], longDeadline);
  clock.advance(5_000);
  calls[0]!.answerAll({ kind: "throttled" });
  t.same(await outcomes, [{ kind: "unfinished" }]);
  calls[1]!.answerAll({ kind: "throttled" });
  (await call(calls, 2)).answerAll(stored);
  t.same(await later, [stored]);
});

t.test("a system error holds everything: one probe at a time, nobody given up, whatever the deadline", async (t) => {
  const { writer, calls, clock, breaker, changes } = prepare({ maxCallsInFlight: 2 });
  const held = [
    writer.writeAll(people(25), 1_000),
    writer.writeAll(people(25), 1_000),
    writer.writeAll(people(5), 1_000),
  ];
  calls[0]!.answerAll({ kind: "system", systemError: systemError() });
  calls[1]!.answerAll({ kind: "system", systemError: systemError() });
  await turn();
  t.equal(breaker.state, "open");
  t.equal(calls.length, 2, "nothing more is called");
  t.equal(writer.figures().waiting, 55);
  clock.advance(60_000);
  const probe = await call(calls, 2);
  await turn();
  t.equal(calls.length, 3, "one probe, though two calls would be allowed");
  probe.answerAll({ kind: "system", systemError: systemError("still") });
  await turn();
  t.equal(breaker.systemError?.message, "still");
  clock.advance(60_000);
  (await call(calls, 3)).answerAll(stored);
  for (const index of [4, 5]) (await call(calls, index)).answerAll(stored);
  t.equal((await Promise.all(held)).flat().filter(({ kind }) => kind === "stored").length, 55);
  t.same(changes, [true, false]);
});

t.test("one denied statement among good ones opens the circuit as well, and the good ones are told", async (t) => {
  const { writer, calls, clock, breaker } = prepare();
  const [good, denied] = people(2) as [Registration, Registration];
  const goodOutcome = writer.writeAll([good, denied], longDeadline);
  calls[0]!.answer([stored, { kind: "system", systemError: systemError() }]);
  await turn();
  t.equal(breaker.state, "open");
  clock.advance(1_000);
  const probe = await call(calls, 1);
  t.same(probe.registrations, [denied]);
  probe.answerAll(stored);
  t.same(await goodOutcome, [stored, stored]);
});

t.test("a table that throttles everything for long counts as a system error, and recovers", async (t) => {
  const { writer, calls, clock, changes } = prepare();
  const outcome = writer.writeAll(people(2), 31_000);
  calls[0]!.answerAll({ kind: "throttled" });
  await call(calls, 1);
  t.same(changes, [], "a short throttle is the table's way to say: slower");
  clock.advance(30_001);
  calls[1]!.answerAll({ kind: "throttled" });
  await eventually(() => changes.length === 1, "the circuit opened");
  clock.advance(60_000);
  (await call(calls, 2)).answerAll(stored);
  t.same(await outcome, [stored, stored]);
  t.same(changes, [true, false]);
});

t.test("after a quiet time the first throttle is not taken for a long one", async (t) => {
  const { writer, calls, clock, changes } = prepare();
  clock.advance(3_600_000);
  const outcome = writer.writeAll(people(1), longDeadline * 10);
  calls[0]!.answerAll({ kind: "throttled" });
  (await call(calls, 1)).answerAll(stored);
  await outcome;
  t.same(changes, []);
});

t.test("closing lets go of what is held by a system error", async (t) => {
  const { writer, calls } = prepare({ maxCallsInFlight: 1 });
  const outcomes = [writer.writeAll(people(25), longDeadline), writer.writeAll(people(3), longDeadline)];
  calls[0]!.answerAll({ kind: "system", systemError: systemError() });
  await turn();
  writer.close();
  writer.close();
  t.ok((await Promise.all(outcomes)).flat().every(({ kind }) => kind === "unfinished"));
  t.equal(calls.length, 1);
});

t.test("closing lets go of what backs off, and of what meets an error on its last try", async (t) => {
  const { writer, calls } = prepare({ random: () => 0.999 });
  const backingOff = writer.writeAll(people(2), longDeadline);
  calls[0]!.answerAll({ kind: "throttled" });
  await turn();
  const [underWay, faulty] = [writer.writeAll(people(25), longDeadline), writer.writeAll(people(1), longDeadline)];
  writer.close();
  t.same(
    (await backingOff).map(({ kind }) => kind),
    ["unfinished", "unfinished"],
  );
  calls[1]!.answerAll({ kind: "throttled" });
  t.ok((await underWay).every(({ kind }) => kind === "unfinished"));
  (await call(calls, 2)).answerAll({ kind: "system", systemError: systemError() });
  t.same(await faulty, [{ kind: "unfinished" }]);
});

t.test("closing does not cut off a call under way, and still writes what can be written at once", async (t) => {
  const { writer, calls } = prepare({ maxCallsInFlight: 1 });
  const outcomes = [writer.writeAll(people(25), longDeadline), writer.writeAll(people(3), longDeadline)];
  writer.close();
  calls[0]!.answerAll(stored);
  (await call(calls, 1)).answerAll(stored);
  t.ok((await Promise.all(outcomes)).flat().every(({ kind }) => kind === "stored"));
});

/** A table in memory that answers as DynamoDB does, with errors as they come. */
type Luck = "well" | "throttled" | "failed" | "failed but stored" | "system";

interface Course {
  /** Packs as they come: for each registration a person, and which of that person's submissions it is. */
  readonly packs: readonly (readonly (readonly [person: number, submission: number])[])[];
  readonly luck: readonly Luck[];
  readonly poison: ReadonlySet<number>;
  readonly maxCallsInFlight: number;
}

const anyCourse: fc.Arbitrary<Course> = fc.record(
  {
    packs: fc.array(
      fc.oneof(
        fc.array(fc.tuple(fc.nat(60), fc.nat(2)), { minLength: 1, maxLength: 40 }),
        fc.array(fc.tuple(fc.nat(3), fc.nat(2)), { minLength: 1, maxLength: 8 }),
      ),
      { minLength: 1, maxLength: 12 },
    ),
    luck: fc.array(
      fc.oneof(
        { weight: 8, arbitrary: fc.constant<Luck>("well") },
        { weight: 1, arbitrary: fc.constantFrom<Luck>("throttled", "failed", "failed but stored", "system") },
      ),
      { minLength: 5, maxLength: 100 },
    ),
    poison: fc.uniqueArray(fc.nat(60), { maxLength: 4 }).map((list) => new Set(list)),
    maxCallsInFlight: fc.integer({ min: 1, max: 4 }),
  },
  { noNullPrototype: true },
);

const personOf = (person: number, submission: number): Registration =>
  somebody({ id: `person-${person}-${submission}`, email: `person-${person}@example.org` });

/** @returns what was broken on the way, in words; nothing when all held */
async function take(
  { packs, luck, poison, maxCallsInFlight }: Course,
  make: Create = createBatchWriter,
): Promise<string[]> {
  const violations: string[] = [];
  const contents = new Map<string, string>();
  let draws = 0;
  let callsInFlight = 0;
  const freshlyStored: string[] = [];

  function insertOne({ email, id }: Registration): Result | Transient {
    const fate = luck[draws++ % luck.length]!;
    // Bad luck runs out: otherwise nothing would ever end.
    const ill = draws < 5_000 && fate !== "failed but stored" && fate !== "well";
    if (ill) return fate === "system" ? { kind: "system", systemError: systemError() } : { kind: fate };
    if (poison.has(Number(id.split("-")[1])))
      return { kind: "rejected", reason: "rejected-by-table", detail: "poison" };
    const known = contents.get(email);
    if (known === undefined) contents.set(email, id);
    if (fate === "failed but stored" && draws < 5_000) return { kind: "failed" };
    if (known === undefined) return { kind: "stored", fresh: true };
    return known === id ? { kind: "stored", fresh: false } : { kind: "duplicate" };
  }

  const writer = make({
    keyOf: ({ email }) => email,
    async write(registrations) {
      callsInFlight += 1;
      if (callsInFlight > maxCallsInFlight) violations.push(`${callsInFlight} calls were under way at once`);
      if (registrations.length === 0 || registrations.length > 25) violations.push(`a call of ${registrations.length}`);
      if (new Set(registrations.map(({ email }) => email)).size < registrations.length) {
        violations.push("an address stood twice in one call");
      }
      if (draws % 3 !== 0) await turn();
      const results = registrations.map(insertOne);
      callsInFlight -= 1;
      return results;
    },
    follow,
    onResult: ({ id }, result) => {
      if (result.kind === "stored" && result.fresh) freshlyStored.push(id);
    },
    breaker: createCircuitBreaker({
      now: () => performance.now(),
      random: () => 0,
      minBackoffMs: 1,
      maxBackoffMs: 1,
      onChange: () => {},
    }),
    maxCallsInFlight,
    standstillTimeoutMs: 30_000,
    describeStandstill: () => systemError(),
    now: () => performance.now(),
    random: () => 0,
  });

  const outcomes: [Registration, Result | Unfinished | undefined][] = [];
  await Promise.all(
    packs.map(async (pack) => {
      const registrations = pack.map(([person, submission]) => personOf(person, submission));
      const settled = await writer.writeAll(registrations, Infinity);
      if (settled.length !== registrations.length) violations.push("not one outcome for each");
      for (const [index, registration] of registrations.entries()) outcomes.push([registration, settled[index]]);
    }),
  );
  for (const [{ id, email }, outcome] of outcomes) {
    const inTable = contents.get(email);
    const bad = poison.has(Number(id.split("-")[1]));
    const expected = bad ? "rejected" : inTable === id ? "stored" : "duplicate";
    if (outcome?.kind !== expected) violations.push(`${id} was told ${outcome?.kind}, the table has ${inTable}`);
  }
  if (new Set(freshlyStored).size < freshlyStored.length) violations.push("something was counted as stored twice");
  if (freshlyStored.some((id) => ![...contents.values()].includes(id)))
    violations.push("counted, and not in the table");
  if (writer.figures().waiting + writer.figures().callsInFlight > 0) violations.push("something was left over");
  return violations;
}

t.test("whatever the table does: one true outcome for each, full bounds kept, nobody stored twice", async () => {
  await fc.assert(
    fc.asyncProperty(anyCourse, async (course) => assert.deepEqual(await take(course), [])),
    { numRuns: 100 },
  );
});

t.test(
  "control: the same check finds a writer that mixes up outcomes, tells too much or asks for too much",
  async (t) => {
    const course: Course = {
      packs: [
        Array.from({ length: 40 }, (_, person) => [person, 0] as const),
        [
          [1, 0],
          [1, 1],
          [2, 1],
          [3, 0],
        ],
        // More at once than the calls that are allowed can take.
        ...[100, 200, 300, 400].map((first) => Array.from({ length: 25 }, (_, index) => [first + index, 0] as const)),
      ],
      luck: ["well", "well", "failed"],
      poison: new Set([3]),
      maxCallsInFlight: 2,
    };
    t.same(await take(course), []);
    const broken: Record<string, Create> = {
      "results in another order": (options) =>
        createBatchWriter({ ...options, write: async (batch) => (await options.write(batch)).toReversed() }),
      "a failed write told as stored": (options) =>
        createBatchWriter({
          ...options,
          write: async (batch) =>
            (await options.write(batch)).map((result) => (result.kind === "failed" ? stored : result)),
        }),
      "more calls than allowed": (options) => createBatchWriter({ ...options, maxCallsInFlight: 5 }),
      "two calls merged into one": (options) =>
        createBatchWriter({
          ...options,
          write: async (batch) => (await options.write([...batch, ...batch])).slice(0, batch.length),
        }),
      "a follower told what became of the first": (options) =>
        createBatchWriter({ ...options, follow: (_leader, result) => result }),
      "a duplicate told as stored": (options) => {
        const inner = createBatchWriter(options);
        return {
          ...inner,
          writeAll: async (...given) =>
            (await inner.writeAll(...given)).map((result) => (result.kind === "duplicate" ? stored : result)),
        };
      },
    };
    for (const [what, make] of Object.entries(broken)) t.not((await take(course, make)).length, 0, what);
  },
);
