import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createDeadLetterStore, type DeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { createReplaySender, type ReplaySender } from "../../../shared/dead-letters/replay-sender.ts";
import {
  claimSeconds,
  replayDeadLetters,
  type ReplayOptions,
  type ReplayOutcome,
} from "../../../shared/dead-letters/replay.ts";
import { deadLetter, deadLetters, person, putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { startFailingWorker } from "../../equipment/failing-worker.ts";

const { connection } = await startEngines(t);
const { sqs, documents, queueUrl, deadLettersTable } = connection;
const store = createDeadLetterStore(documents, deadLettersTable);

async function replay(ids: readonly string[], changes: Partial<ReplayOptions> = {}) {
  const signal = changes.signal ?? new AbortController().signal;
  const outcomes: ReplayOutcome[] = [];
  const summary = await replayDeadLetters(ids, {
    store,
    sender: createReplaySender({ sqs, queueUrl, ratePerSecond: 1_000, signal }),
    who: "tester",
    why: "a test",
    canary: 1,
    stepSize: 500,
    again: false,
    outcomeTimeoutSeconds: 20,
    signal,
    wallClock: Date.now,
    onOutcome: (outcome) => outcomes.push(outcome),
    onStep: () => {},
    ...changes,
  });
  return { summary, outcomes };
}

function statesOf(records: readonly { readonly id: string }[]) {
  return store.readMany(
    records.map(({ id }) => id),
    new AbortController().signal,
  );
}

t.test("while everything fails again", async (t) => {
  const worker = startFailingWorker(connection);
  t.teardown(() => worker.stop());

  t.test("the replay stops after the canary, and the rest stays open as it was", async (t) => {
    const records = deadLetters(50);
    await putAll(documents, deadLettersTable, records);
    const { summary, outcomes } = await replay(records.map(({ id }) => id));
    t.match(summary, {
      selected: 50,
      sent: 1,
      counts: { failed: 1 },
      untouched: 49,
      stopped: { code: "failed-again" },
    });
    t.match(outcomes, [
      { id: records[0]!.id, fate: "failed", detail: /rejected-by-table: the table rejected it again/ },
    ]);
    const [canary, ...rest] = [...(await statesOf(records)).values()].toSorted((a, b) => b.failures - a.failures);
    t.match(canary, { state: "open", failures: 2, reason: "rejected-by-table" }, "open again, with the new reason");
    t.ok(rest.every(({ state, failures, history }) => state === "open" && failures === 1 && history.length === 1));
  });

  t.test("a larger canary is sent as a whole before its results are awaited", async (t) => {
    const records = deadLetters(50, 100);
    await putAll(documents, deadLettersTable, records);
    const { summary } = await replay(
      records.map(({ id }) => id),
      { canary: 5 },
    );
    t.match(summary, { sent: 5, counts: { failed: 5 }, untouched: 45 });
  });
});

t.test("without a worker, the replay gives up waiting and says so", async (t) => {
  const records = deadLetters(3, 200);
  await putAll(documents, deadLettersTable, records);
  const ids = records.map(({ id }) => id);
  const { summary } = await replay(ids, { outcomeTimeoutSeconds: 1 });
  t.match(summary, { sent: 1, counts: { unknown: 1 }, untouched: 2, stopped: { code: "no-outcome" } });
  const replayed = (await statesOf(records)).get(ids[0]!);
  t.match(replayed, { state: "replayed" });

  t.test("what was replayed and never came back is left alone", async (t) => {
    const { summary: second } = await replay([ids[0]!], { outcomeTimeoutSeconds: 1 });
    t.match(second, { sent: 0, counts: { skipped: 1 }, stopped: undefined });
  });

  t.test("until somebody asks for it again", async (t) => {
    const { summary: third } = await replay([ids[0]!], { outcomeTimeoutSeconds: 1, again: true });
    t.match(third, { sent: 1, counts: { unknown: 1 } });
  });
});

t.test("stopped on request, it says what was sent and what was not", async (t) => {
  const records = deadLetters(20, 300);
  await putAll(documents, deadLettersTable, records);
  const stop = new AbortController();
  const { summary } = await replay(
    records.map(({ id }) => id),
    { signal: stop.signal, onStep: () => stop.abort(new Error("stop")) },
  );
  t.match(summary, { sent: 1, counts: { unknown: 1 }, untouched: 19, stopped: { code: "interrupted" } });
});

t.test("an error of AWS stops it, and what was not sent stays open", async (t) => {
  const records = deadLetters(3, 400);
  await putAll(documents, deadLettersTable, records);
  const refused = new Error("denied");
  const { summary } = await replay(
    records.map(({ id }) => id),
    { sender: { send: () => Promise.reject(refused) } },
  );
  t.match(summary, { sent: 0, untouched: 3, stopped: { code: "error", cause: refused } });
  t.ok([...(await statesOf(records)).values()].every(({ state }) => state === "open"));
});

t.test("what somebody else claims between the read and the send is passed over", async (t) => {
  const records = deadLetters(4, 450);
  await putAll(documents, deadLettersTable, records);
  const ids = records.map(({ id }) => id);
  const until = new Date(Date.now() + 60_000).toISOString();
  const { summary, outcomes } = await replay(ids, {
    canary: 4,
    outcomeTimeoutSeconds: 0.2,
    store: {
      ...store,
      async claim(seen, claim, now) {
        if (seen.id === ids[0]) await store.claim(seen, { id: "theirs", by: "another", until }, now);
        if (seen.id === ids[2]) {
          const edit = { at: new Date().toISOString(), who: "another", what: "edited", detail: "" } as const;
          await store.saveEdit(seen, { ...person(452), name: "Mended" }, edit);
        }
        return store.claim(seen, claim, now);
      },
    },
  });
  t.match(summary, { sent: 2, counts: { skipped: 2, unknown: 2 }, untouched: 0 });
  t.strictSame(
    outcomes.filter(({ fate }) => fate === "skipped").map(({ id }) => id),
    [ids[0], ids[2]],
  );
  const now = await statesOf(records);
  t.match(now.get(ids[0]!), { state: "open", claim: "theirs", history: { length: 1 } });
  t.match(now.get(ids[2]!), { state: "open", registration: { name: "Mended" } });
});

t.test("a send that was rejected for sure gives every claim back at once", async (t) => {
  const records = deadLetters(3, 460);
  await putAll(documents, deadLettersTable, records);
  const { signal } = new AbortController();
  const sender = createReplaySender({ sqs, queueUrl: `${queueUrl}-none`, ratePerSecond: 1_000, signal });
  const ids = records.map(({ id }) => id);
  const { summary } = await replay(ids, { canary: 3, sender });
  t.match(summary, { sent: 0, counts: { unknown: 0 }, untouched: 3, stopped: { code: "error" } });
  for (const record of (await statesOf(records)).values()) t.notOk(record.claim ?? record.claimedUntil);
});

t.test("a send that was not answered leaves its claims to run out, and says that it may have been sent", async (t) => {
  const records = deadLetters(3, 470);
  await putAll(documents, deadLettersTable, records);
  const ids = records.map(({ id }) => id);
  let now = Date.now();
  const unanswered: ReplaySender = {
    async send(items, { claim, onFailed }) {
      await onFailed(await claim(items), "unknown");
      throw new Error("no answer");
    },
  };
  const { summary } = await replay(ids, { canary: 2, sender: unanswered, wallClock: () => now });
  t.match(summary, { sent: 0, counts: { unknown: 2 }, untouched: 1, stopped: { code: "error" } });
  t.match((await statesOf(records)).get(ids[0]!), { state: "open", claimedBy: "tester" });
  const wait = { canary: 3, outcomeTimeoutSeconds: 0.2 };
  t.match((await replay(ids, { ...wait, wallClock: () => now })).summary, { sent: 1, counts: { skipped: 2 } });
  now += claimSeconds * 1_000;
  t.match((await replay(ids, { ...wait, wallClock: () => now })).summary, { sent: 2, counts: { skipped: 1 } });
});

t.test("claims that could not all be made are given back, and nothing is sent", async (t) => {
  const records = deadLetters(3, 480);
  await putAll(documents, deadLettersTable, records);
  const ids = records.map(({ id }) => id);
  const denied = new Error("denied");
  const { summary } = await replay(ids, {
    canary: 3,
    store: {
      ...store,
      claim: (seen, claim, now) => (seen.id === ids[1] ? Promise.reject(denied) : store.claim(seen, claim, now)),
    },
  });
  t.match(summary, { sent: 0, untouched: 3, stopped: { code: "error", cause: denied } });
  for (const record of (await statesOf(records)).values()) t.notOk(record.claim);
});

for (const [what, spoil] of [
  ["reading outcomes", { readMany: () => Promise.reject(new Error("down")) }],
  ["marking what was sent", { markReplayed: () => Promise.reject(new Error("down")) }],
] as const) {
  t.test(`an error while ${what} leaves nobody counted twice: sent is sent, and not untouched`, async (t) => {
    const records = deadLetters(3, what === "reading outcomes" ? 490 : 494);
    await putAll(documents, deadLettersTable, records);
    const ids = records.map(({ id }) => id);
    const { summary, outcomes } = await replay(ids, {
      canary: 3,
      outcomeTimeoutSeconds: 0.2,
      store: { ...store, ...spoil },
    });
    t.match(summary, { selected: 3, sent: 3, counts: { unknown: 3 }, untouched: 0, stopped: { code: "error" } });
    t.equal(outcomes.length, 3);
  });
}

t.test("a claim that was overtaken, since it had run out, is told: what was sent is not stored", async (t) => {
  const record = deadLetter(498);
  await putAll(documents, deadLettersTable, [record]);
  const { summary, outcomes } = await replay([record.id], {
    store: {
      ...store,
      async markReplayed(...given) {
        const at = new Date(Date.now() + 2 * claimSeconds * 1_000).toISOString();
        const edit = { at, who: "another", what: "edited", detail: "" } as const;
        t.equal(await store.saveEdit(record, { ...person(498), name: "Mended" }, edit), true);
        return store.markReplayed(...given);
      },
    },
  });
  t.match(summary.counts, { skipped: 1 });
  t.match(outcomes, [{ detail: /is not stored/ }]);
  t.match(await store.read(record.id), { state: "open", registration: { name: "Mended" } });
});

t.test("a record that changes between the send and the mark is not marked", async (t) => {
  const record = deadLetter(500);
  await putAll(documents, deadLettersTable, [record]);
  /** The worker, which is faster: it closes the record, or opens it again, before the sender has said what it did. */
  const outrun = (set: string, values: Record<string, unknown>): DeadLetterStore => ({
    ...store,
    async markReplayed(...given) {
      await documents.send(
        new UpdateCommand({
          TableName: deadLettersTable,
          Key: { id: given[0] },
          UpdateExpression: `SET ${set} REMOVE claimedUntil`,
          ExpressionAttributeNames: { "#state": "state" },
          ExpressionAttributeValues: values,
        }),
      );
      return store.markReplayed(...given);
    },
  });
  const reopened = "#state = :state, failures = failures + :one, claim = :none";
  const failed = await replay([record.id], {
    store: outrun(reopened, { ":state": "open", ":one": 1, ":none": "none" }),
  });
  t.match(failed.summary.counts, { failed: 1 });
  t.match(await store.read(record.id), { state: "open", failures: 2 });
  const resolved = await replay([record.id], { store: outrun("#state = :state", { ":state": "resolved" }) });
  t.match(resolved.summary.counts, { resolved: 1 });
  t.match(await store.read(record.id), { state: "resolved", failures: 2 });
});

t.test("a run continues in the middle of a step: what it sent is awaited, and nothing is sent twice", async (t) => {
  const run = "20260131T094500-3f9a51c2";
  const none = { resolved: 0, failed: 0, unknown: 0, refused: 0, skipped: 0, missing: 0 };
  const until = new Date(Date.now() + claimSeconds * 1_000).toISOString();
  const under = (claim: string) => ({ claim, claimedBy: "ann", claimedUntil: until });
  const records = [
    deadLetter(700, { state: "resolved", claim: `${run}.a` }),
    deadLetter(701, { failures: 2 }),
    deadLetter(702, { state: "replayed", claim: `${run}.b` }),
    deadLetter(703, under(`${run}.c`)),
    deadLetter(704, under("of-another")),
    deadLetter(705),
    deadLetter(706),
  ];
  await putAll(documents, deadLettersTable, records);
  const ids = ["settled", ...records.map(({ id }) => id)];
  const continuation = {
    run,
    from: { position: 1, sent: 1, counts: { ...none, resolved: 1 } },
    failuresOf: () => 1,
  };
  const progress: unknown[] = [];
  const { summary, outcomes } = await replay(ids, {
    continuation,
    canary: 2,
    outcomeTimeoutSeconds: 0.5,
    onProgress: (step) => progress.push(step),
  });
  t.match(summary, { selected: 8, sent: 6, untouched: 1, stopped: { code: "no-outcome" } });
  t.same(summary.counts, { ...none, resolved: 2, failed: 1, skipped: 1, unknown: 3 });
  t.strictSame(
    outcomes.filter(({ fate }) => fate === "unknown").map(({ id }) => id),
    [702, 703, 705].map((number) => person(number).id),
  );
  t.same(progress, [], "the step has records without an outcome: from there it is continued");
  const now = await statesOf(records);
  t.match(now.get(person(702).id), { claim: `${run}.b` });
  t.match(now.get(person(703).id), { state: "replayed", claim: new RegExp(`^${run}\\.(?!c$)`) }, "claimed anew");
  t.match(now.get(person(704).id), { state: "open", claim: "of-another" });
  t.match(now.get(person(706).id), { state: "open" });

  t.test("control: without the run, what it claimed belongs to somebody else", async (t) => {
    const again = await replay(ids.slice(1), { canary: 9, outcomeTimeoutSeconds: 0.5 });
    t.match(again.summary, { sent: 2, counts: { skipped: 5, unknown: 2 } });
  });
});

t.test("erased or discarded meanwhile, it is passed over", async (t) => {
  const records = [deadLetter(600), deadLetter(601)];
  await putAll(documents, deadLettersTable, records);
  const { summary, outcomes } = await replay(
    records.map(({ id }) => id),
    {
      canary: 2,
      async onStep() {
        await store.erase({ id: person(600).id });
        const seen = await store.read(person(601).id);
        await store.discard(seen!, { at: "", who: "another", what: "discarded", detail: "spam" });
      },
    },
  );
  t.match(summary.counts, { skipped: 2 });
  t.match(outcomes.map(({ detail }) => detail).toSorted(), [/discarded/, /erased/]);
});

t.test("behind a backlog that is being drained it waits; where nobody drains it gives up", async (t) => {
  const [record, other] = deadLetters(2);
  await putAll(documents, deadLettersTable, [record!, other!]);
  const given = await replay([other!.id], { outcomeTimeoutSeconds: 1 });
  t.match(given.summary, { stopped: { code: "no-outcome", detail: /Does the worker run\?/ } }, "control");
  let asked = 0;
  let worker: ReturnType<typeof startFailingWorker> | undefined;
  const { summary } = await replay([record!.id], {
    outcomeTimeoutSeconds: 1,
    async draining() {
      asked += 1;
      // Its turn has come.
      if (asked === 2) worker = startFailingWorker(connection);
      return 60;
    },
  });
  await worker?.stop();
  t.ok(asked >= 2);
  t.match(summary, { counts: { failed: 1, unknown: 0 } }, "it heard what became of it");
});
