import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import t from "tap";
import { createDeadLetterStore, type DeadLetterStore } from "../../../admin/dead-letters/dead-letter-store.ts";
import { createReplaySender } from "../../../shared/dead-letters/replay-sender.ts";
import { replayDeadLetters, type ReplayOptions, type ReplayOutcome } from "../../../shared/dead-letters/replay.ts";
import { deadLetter, deadLetters, person, putAll } from "../../admin/dead-letter-seeds.ts";
import { startEngines } from "../../admin/engines.ts";
import { startFailingWorker } from "../../admin/failing-worker.ts";

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
  return store.readMany(records.map(({ id }) => id));
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
      { id: records[0]!.id, fate: "failed", detail: /rejected-by-table: the table refused it again/ },
    ]);
    const [canary, ...rest] = [...(await statesOf(records)).values()].toSorted((a, b) => b.failures - a.failures);
    t.match(canary, { state: "open", failures: 2, reason: "rejected-by-table" }, "open again, with the new reason");
    t.ok(rest.every(({ state, failures, history }) => state === "open" && failures === 1 && history.length === 1));
  });

  t.test("a larger canary is sent as a whole before anybody looks", async (t) => {
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

t.test("what is not claimed is passed over, and the step is filled with the next ones", async (t) => {
  const records = deadLetters(6, 450);
  await putAll(documents, deadLettersTable, records);
  const ids = records.map(({ id }) => id);
  const { summary, outcomes } = await replay(ids, {
    canary: 2,
    outcomeTimeoutSeconds: 0.2,
    claim: async ({ id }) => id !== ids[0] && id !== ids[2],
  });
  t.match(summary, { sent: 2, counts: { skipped: 2, unknown: 2 }, untouched: 2 });
  t.strictSame(
    outcomes.filter(({ fate }) => fate === "skipped").map(({ id }) => id),
    [ids[0], ids[2]],
  );
  t.match((await statesOf(records)).get(ids[0]!), { state: "open", history: { length: 1 } });
});

t.test("a record that changes between the send and the mark is not marked", async (t) => {
  const record = deadLetter(500);
  await putAll(documents, deadLettersTable, [record]);
  /** The worker, which is faster: it closes the record, or opens it again, before the sender has said what it did. */
  const outrun = (set: string, values: Record<string, unknown>): DeadLetterStore => ({
    ...store,
    async markReplayed(seen, entry) {
      await documents.send(
        new UpdateCommand({
          TableName: deadLettersTable,
          Key: { id: seen.id },
          UpdateExpression: `SET ${set}`,
          ExpressionAttributeNames: { "#state": "state" },
          ExpressionAttributeValues: values,
        }),
      );
      return store.markReplayed(seen, entry);
    },
  });
  const failed = await replay([record.id], {
    store: outrun("#state = :state, failures = failures + :one", { ":state": "open", ":one": 1 }),
  });
  t.match(failed.summary.counts, { failed: 1 });
  t.match(await store.read(record.id), { state: "open", failures: 2 });
  const resolved = await replay([record.id], { store: outrun("#state = :state", { ":state": "resolved" }) });
  t.match(resolved.summary.counts, { resolved: 1 });
  t.match(await store.read(record.id), { state: "resolved", failures: 2 });
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
