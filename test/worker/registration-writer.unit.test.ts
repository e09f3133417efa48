import { t } from "../equipment/file-test.ts";
import type { Outcome } from "../../shared/registration/outcome.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import type { Transient, WriterConditions } from "../../worker/batch-writer.ts";
import { createCircuitBreaker } from "../../worker/circuit-breaker.ts";
import type { NewOutcome, RecordResult } from "../../worker/outcomes-table.ts";
import { createRegistrationWriter } from "../../worker/registration-writer.ts";
import type { StoreResult } from "../../worker/registrations-table.ts";
import type { SystemError } from "../../shared/process/system-error.ts";
import { eventually } from "../equipment/eventually.ts";
import { createManualClock } from "../equipment/manual-clock.ts";
import { people, somebody } from "../equipment/people.ts";

const denied: SystemError = {
  kind: "access-denied",
  action: "dynamodb:PartiQLInsert",
  resource: "outcomes",
  message: "denied",
};
const longDeadline = 1e9;
const triedAt = Date.parse("2026-03-01T10:00:05.000Z");

interface OutcomeCall {
  readonly outcomes: readonly NewOutcome[];
  answerAll(result: RecordResult | Transient): void;
}

/** A writer in front of a registrations table that answers at once, and an outcomes table that answers when the test says so. */
function prepare(store: (registration: Registration) => StoreResult | Transient) {
  const clock = createManualClock();
  const calls: OutcomeCall[] = [];
  const counted: Outcome[] = [];
  const storedPeople: string[] = [];
  const breakerOf = () =>
    createCircuitBreaker({ now: clock.now, random: () => 0, minBackoffMs: 20, maxBackoffMs: 20, onChange: () => {} });
  const [breaker, outcomesBreaker] = [breakerOf(), breakerOf()];
  const conditions = {
    maxCallsInFlight: 2,
    standstillTimeoutMs: 30_000,
    describeStandstill: () => denied,
    now: clock.now,
    random: () => 0,
  } satisfies Omit<WriterConditions, "breaker">;
  const writer = createRegistrationWriter({
    table: {
      insert: async (registrations) => registrations.map(store),
      follow: (_first, result) => (result.kind === "outcome" ? result : undefined),
    },
    outcomesTable: {
      record(outcomes) {
        const { promise, resolve } = Promise.withResolvers<(RecordResult | Transient)[]>();
        calls.push({ outcomes, answerAll: (result) => resolve(outcomes.map(() => result)) });
        return promise;
      },
    },
    conditions: { ...conditions, breaker },
    outcomesConditions: { ...conditions, breaker: outcomesBreaker },
    onStored: ({ id }) => storedPeople.push(id),
    onOutcome: (outcome) => counted.push(outcome),
  });
  return { writer, clock, calls, counted, storedPeople, breaker, outcomesBreaker };
}

const recorded: RecordResult = { kind: "recorded", fresh: true };
const duplicateOf = (id: string): StoreResult => ({
  kind: "outcome",
  outcome: "duplicate",
  duplicateOf: id,
  settled: false,
  item: { registrationId: id },
  triedAt,
});
const call = (calls: readonly OutcomeCall[], index: number) => eventually(() => calls[index], `call ${index + 1}`);

/** A promise that can be asked whether it is settled. */
function watched<T>(promise: Promise<T>) {
  const seen = { settled: false, promise };
  void promise.then(() => (seen.settled = true));
  return seen;
}

t.test("what is stored has no outcome, and costs no call for one", async (t) => {
  const { writer, calls, storedPeople } = prepare(() => ({ kind: "stored", fresh: true, triedAt }));
  const all = people(250);
  const results = await writer.writeAll(all, longDeadline);
  t.ok(results.every(({ kind }) => kind === "stored"));
  t.same(
    storedPeople,
    all.map(({ id }) => id),
  );
  t.equal(calls.length, 0);
});

t.test(
  "nobody is told of a duplicate before its outcome is written, under its own id, with whose the address is",
  async (t) => {
    const [first, second] = people(2) as [Registration, Registration];
    const { writer, calls, counted } = prepare(({ id }) =>
      id === first.id ? { kind: "stored", fresh: true, triedAt } : duplicateOf("the-holder"),
    );
    const writing = watched(writer.writeAll([first, second], longDeadline));
    const { outcomes, answerAll } = await call(calls, 0);
    t.same(outcomes, [{ id: second.id, outcome: "duplicate", duplicateOf: "the-holder", triedAt }]);
    t.equal(writing.settled, false);
    t.same(counted, []);
    answerAll(recorded);
    t.same(await writing.promise, [{ kind: "stored", fresh: true, triedAt }, { kind: "duplicate" }]);
    t.same(counted, ["duplicate"]);
  },
);

t.test("an outcome that stands is told, written by nobody and counted by nobody", async (t) => {
  const settled: StoreResult = { kind: "outcome", outcome: "withdrawn", settled: true, item: undefined, triedAt };
  const { writer, calls, counted } = prepare(() => settled);
  t.same(await writer.writeAll(people(2), longDeadline), [{ kind: "withdrawn" }, { kind: "withdrawn" }]);
  t.equal(calls.length, 0);
  t.same(counted, []);
});

t.test("an outcome that turns out to be there already is done, and is not counted again", async (t) => {
  const { writer, calls, counted } = prepare(() => duplicateOf("the-holder"));
  const writing = writer.writeAll(people(1), longDeadline);
  (await call(calls, 0)).answerAll({ kind: "recorded", fresh: false });
  t.same(await writing, [{ kind: "duplicate" }]);
  t.same(counted, []);
});

t.test("a duplicate's outcome does not wait for the rest of its pack", async (t) => {
  const [known, ...others] = people(60) as [Registration, ...Registration[]];
  const { writer, calls, clock } = prepare(({ id }) =>
    id === known.id ? duplicateOf("the-holder") : { kind: "throttled" },
  );
  const writing = watched(writer.writeAll([known, ...others], 1_000));
  const { outcomes, answerAll } = await call(calls, 0);
  t.match(outcomes, [{ id: known.id, triedAt }]);
  t.equal(writing.settled, false, "nobody else is through");
  answerAll(recorded);
  clock.advance(2_000);
  writer.close();
  const results = await writing.promise;
  t.match(results[0], { kind: "duplicate" });
  t.ok(results.slice(1).every(({ kind }) => kind === "unfinished"));
});

t.test("one submission twice in a pack is one outcome", async (t) => {
  const twice = somebody();
  const { writer, calls, counted } = prepare(() => duplicateOf("the-holder"));
  const writing = writer.writeAll([twice, twice], longDeadline);
  const { outcomes, answerAll } = await call(calls, 0);
  t.equal(outcomes.length, 1);
  answerAll(recorded);
  t.same(await writing, [{ kind: "duplicate" }, { kind: "duplicate" }]);
  t.same(counted, ["duplicate"]);
});

t.test("the outcomes of all packs are merged into full calls", async (t) => {
  const { writer, calls } = prepare(() => duplicateOf("the-holder"));
  const writing = Promise.all(Array.from({ length: 8 }, () => writer.writeAll(people(30), longDeadline)));
  let written = 0;
  for (let index = 0; written < 240; index += 1) {
    const { outcomes, answerAll } = await call(calls, index);
    written += outcomes.length;
    answerAll(recorded);
  }
  await writing;
  t.ok(calls.length <= 12, `${calls.length} calls, where 240 ÷ 25 is 9.6`);
});

t.test(
  "an outcome that cannot be written in time leaves its registration to redelivery, and only that one",
  async (t) => {
    const [first, second] = people(2) as [Registration, Registration];
    const { writer, calls, clock, counted } = prepare(({ id }) =>
      id === first.id ? { kind: "stored", fresh: true, triedAt } : duplicateOf("the-holder"),
    );
    const writing = writer.writeAll([first, second], 1_000);
    const { answerAll } = await call(calls, 0);
    clock.advance(1_000);
    answerAll({ kind: "throttled" });
    t.match(await writing, [{ kind: "stored" }, { kind: "unfinished" }]);
    t.same(counted, []);
  },
);

t.test("a denied outcomes table opens its own breaker; what is stored does not wait for it", async (t) => {
  let known = true;
  const { writer, calls, breaker, outcomesBreaker, clock } = prepare(() =>
    known ? duplicateOf("the-holder") : { kind: "stored", fresh: true, triedAt },
  );
  const writing = watched(writer.writeAll(people(1), 1_000));
  (await call(calls, 0)).answerAll({ kind: "system", systemError: denied });
  await eventually(() => outcomesBreaker.state === "open", "it is open");
  t.match(outcomesBreaker.systemError, denied);
  t.equal(breaker.state, "closed");
  known = false;
  t.match(await writer.writeAll(people(1), longDeadline), [{ kind: "stored" }]);
  t.equal(writing.settled, false, "held for as long as it takes");
  t.same(writer.figures().outcomes.waiting, 1);
  clock.advance(60_000);
  (await call(calls, 1)).answerAll(recorded);
  t.same(await writing.promise, [{ kind: "duplicate" }]);
});

t.test("closing lets go of outcomes that a system error holds", async (t) => {
  const { writer, calls, outcomesBreaker } = prepare(() => duplicateOf("the-holder"));
  const writing = writer.writeAll(people(1), longDeadline);
  (await call(calls, 0)).answerAll({ kind: "system", systemError: denied });
  await eventually(() => outcomesBreaker.state === "open", "it is open");
  writer.close();
  t.same(await writing, [{ kind: "unfinished" }]);
});
