import { Registry } from "prom-client";
import t, { type Test } from "tap";
import type { Connection } from "../../terminal/connection.ts";
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { readEnv } from "../../shared/process/environment.ts";
import { createRegistry } from "../../shared/process/metrics.ts";
import { decodePack } from "../../shared/registration/registration-pack.ts";
import { WorkerConfig } from "../../worker/config.ts";
import { claimSeconds } from "../../shared/dead-letters/replay.ts";
import { createTransientReplay, type TransientReplayOptions } from "../../worker/transient-replay.ts";
import { createWorker } from "../../worker/worker.ts";
import { deadLetter, deadLetters, putAll, unreadable } from "../equipment/dead-letter-seeds.ts";
import { startFailingWorker } from "../equipment/failing-worker.ts";
import { awsError, type Intervention } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { eventually } from "../equipment/eventually.ts";
import { recordLog } from "../equipment/recorded-log.ts";

const engines = await startEngines(t);
// Each test has its own queue and table, and waits more than it works: they run beside each other.
t.jobs = 5;
const { sqs, documents } = engines;

const hour = 3_600_000;
/** After the seeds have failed, long enough for the error to have passed. */
const noon = Date.parse("2026-01-01T12:00:00.000Z");

async function prepare(seeds: readonly DeadLetterRecord[]) {
  const { url: queueUrl, deadLetterUrl } = await engines.createQueue();
  const registrationsTable = await engines.createTable();
  const deadLettersTable = await engines.createTable("id");
  const outcomesTable = await engines.createTable("id");
  const activityTable = await engines.createTable("bucket");
  await putAll(documents, deadLettersTable, seeds);
  const log = recordLog();
  let time = noon;
  /** As on another instance: each has its own. */
  function createTask(changes: Partial<TransientReplayOptions> = {}) {
    return createTransientReplay({
      sqs,
      documents,
      queueUrl,
      deadLettersTable,
      health: () => ({ status: "ok", causes: [] }),
      registry: new Registry(),
      logger: log.logger,
      wallClock: () => time,
      stopping: new AbortController().signal,
      // Where everything has an outcome nobody waits for it; on a busy machine that may take long.
      boundSeconds: 120,
      ...changes,
    });
  }
  return {
    log,
    createTask,
    queueUrl,
    advance: (milliseconds: number) => (time += milliseconds),
    stored: () => engines.items(registrationsTable),
    async records(): Promise<DeadLetterRecord[]> {
      const all = (await engines.items(deadLettersTable)) as unknown as DeadLetterRecord[];
      return all.toSorted((a, b) => (a.firstFailedAt < b.firstFailedAt ? -1 : 1));
    },
    async sentIds(): Promise<string[]> {
      const messages = await engines.take(queueUrl);
      return messages.flatMap(({ Body = "" }) => decodePack(Body).registrations.map(({ id }) => id));
    },
    startWorker(t: Test) {
      const config = readEnv(WorkerConfig, {
        AWS_REGION: "eu-central-1",
        QUEUE_URL: queueUrl,
        DEAD_LETTER_QUEUE_URL: deadLetterUrl,
        REGISTRATIONS_TABLE: registrationsTable,
        DEAD_LETTERS_TABLE: deadLettersTable,
        OUTCOMES_TABLE: outcomesTable,
        ACTIVITY_TABLE: activityTable,
        POLLERS: "1",
        RECEIVE_WAIT_SECONDS: "1",
      });
      const worker = createWorker({ config, sqs, documents, registry: createRegistry("worker"), logger: log.logger });
      worker.start();
      t.teardown(() => worker.stop());
    },
    startFailingWorker(t: Test) {
      const worker = startFailingWorker({ sqs, documents, queueUrl, deadLettersTable } as Connection);
      t.teardown(() => worker.stop());
    },
  };
}

const replaysOf = ({ history }: DeadLetterRecord) => history.filter(({ what }) => what === "replayed").length;

t.test("what failed by a transient error is stored, each once, and that was that", async (t) => {
  const { createTask, startWorker, stored, records, log } = await prepare(deadLetters(30));
  startWorker(t);
  const task = createTask();
  t.match(await task(), { outcome: "replayed", candidates: 30, sent: 30, resolved: 30, failed: 0, unheard: 0 });
  t.equal((await stored()).length, 30);
  const all = await records();
  t.ok(all.every((record) => record.state === "resolved" && replaysOf(record) === 1));
  t.match(all[0]?.history[1], { who: "worker", detail: /automatic replay, once/ });
  t.match(await task(), { outcome: "nothing to do", sent: 0 });
  t.match(
    log.records.filter(({ msg }) => msg === "replay of transient dead letters"),
    [{ outcome: "replayed", resolved: 30 }, { outcome: "nothing to do" }],
  );
});

t.test("posted twice at once, to one worker and to two, each is sent once", async (t) => {
  const { createTask, startWorker, stored, records } = await prepare(deadLetters(40));
  startWorker(t);
  const one = createTask();
  const other = createTask();
  const first = one();
  const reports = await Promise.all([first, one(), other(), other()]);
  t.equal(reports[0], reports[1], "the second post joins the first");
  // Whoever was told to wait for the other's goes on with the next post.
  await eventually(async () => (await one()).outcome === "nothing to do", "all were tried", 30_000);
  await eventually(async () => (await records()).every(({ state }) => state === "resolved"), "and stored", 30_000);
  const all = await records();
  t.strictSame(new Set(all.map(({ state }) => state)), new Set(["resolved"]));
  t.ok(all.every((record) => replaysOf(record) === 1));
  t.equal((await stored()).length, 40);
});

t.test("while the first ones are on their way nothing follows, and the next run goes on from there", async (t) => {
  const { createTask, startWorker, records, advance } = await prepare(deadLetters(20));
  const task = createTask({ boundSeconds: 5 });
  t.match(await task(), { outcome: "replayed", sent: 1, unheard: 1 });
  advance(hour);
  t.match(await createTask()(), { outcome: "waits", because: /1 of an earlier run have no result yet/, sent: 0 });
  startWorker(t);
  await eventually(async () => (await records())[0]?.state === "resolved", "the first one was stored");
  t.match(await createTask()(), { outcome: "replayed", sent: 19, resolved: 19 });
});

t.test("when the first one fails again the rest is left alone, and no record is tried twice", async (t) => {
  const { createTask, startFailingWorker: start, records, advance } = await prepare(deadLetters(5));
  start(t);
  const task = createTask();
  t.match(await task(), { outcome: "replayed", because: /1 of 1 failed again/, sent: 1, failed: 1 });
  const [canary, ...rest] = await records();
  t.match(canary, { state: "open", failures: 2 });
  t.ok(
    rest.every(({ state, failures, automaticReplayAt }) => state === "open" && failures === 1 && !automaticReplayAt),
  );
  advance(hour);
  t.match(await task(), { outcome: "waits", because: /1 of the last day's 1 failed again/, sent: 0 });
});

t.test("only what nobody has decided yet is tried: open, sound, rested, by a transient error", async (t) => {
  const registrationAt = (time: number) => new Date(time).toISOString();
  const kinds: [what: string, changes: Partial<DeadLetterRecord>][] = [
    ["of another reason", { reason: "rejected-by-table" }],
    ["settled", { state: "resolved" }],
    ["given up", { state: "discarded" }],
    ["replayed by a person, on its way", { state: "replayed" }],
    ["failed a moment ago", { lastFailedAt: registrationAt(noon - 60_000) }],
    [
      "replayed by a person and failed again",
      { history: [{ at: registrationAt(noon), who: "ann", what: "replayed", detail: "" }] },
    ],
    ["tried long ago", { automaticReplayAt: "2025-12-01T00:00:00.000Z" }],
  ];
  const { createTask, sentIds, records } = await prepare([
    ...kinds.map(([, changes], index) => deadLetter(index, changes)),
    unreadable("raw-1", "{", { reason: "crash-loop" }),
  ]);
  const before = await records();
  t.match(await createTask({ boundSeconds: 30 })(), { candidates: 1, sent: 0 }, "one that cannot be read");
  t.strictSame(await sentIds(), []);
  t.strictSame(await records(), before, "and nothing is changed");
  // The control: but for its kind, each would have been tried.
  const { createTask: createControl } = await prepare(kinds.map((_, index) => deadLetter(index)));
  t.match(await createControl({ boundSeconds: 5 })(), { candidates: kinds.length, sent: 1 });
});

t.test("a worker that is unwell tries nothing", async (t) => {
  const { createTask, sentIds } = await prepare(deadLetters(3));
  const task = createTask({ health: () => ({ status: "unhealthy", causes: ["table: throttled"] }) });
  t.match(await task(), { outcome: "waits", because: /table: throttled/, sent: 0 });
  t.strictSame(await sentIds(), []);
});

/** What becomes of sends, by the queue: each test has its own. */
const spoilt = new Map<string, Intervention>();
engines.sqsProxy.intervene(({ operation, input }) =>
  operation === "SendMessage" ? spoilt.get(String(input.QueueUrl)) : undefined,
);
const spoilSends = (queueUrl: string, how: Intervention) => spoilt.set(queueUrl, how);
const calmSends = (queueUrl: string) => spoilt.delete(queueUrl);

t.test("a send that is rejected for sure uses up nobody's retry, however many there are", async (t) => {
  const { createTask, startWorker, stored, records, queueUrl } = await prepare([
    ...deadLetters(120, 1),
    // One try has worked today, so that the first step is a large one.
    deadLetter(0, { state: "resolved", automaticReplayAt: new Date(noon - hour).toISOString() }),
  ]);
  spoilSends(queueUrl, awsError("AccessDenied"));
  await t.rejects(createTask()(), "the task fails, so that the daemon posts it again");
  calmSends(queueUrl);
  const untouched = (await records()).filter(({ state }) => state === "open");
  t.equal(untouched.length, 120);
  t.ok(untouched.every(({ claim, automaticReplayAt }) => claim === undefined && automaticReplayAt === undefined));
  startWorker(t);
  const task = createTask();
  await eventually(async () => (await task()).outcome === "nothing to do", "all were tried", 60_000);
  await eventually(async () => (await stored()).length === 120, "at once, by the very next runs", 60_000);
});

t.test("a send without an answer may have been accepted: it is tried again when its claim has run out", async (t) => {
  const { createTask, startWorker, stored, records, advance, queueUrl } = await prepare(deadLetters(2));
  // Accepted, in truth: what is sent later makes it void.
  spoilSends(queueUrl, "lose the answer");
  await t.rejects(createTask({ boundSeconds: 5 })());
  calmSends(queueUrl);
  const [first] = await records();
  t.match(first, { state: "open", failures: 1, claimedBy: "worker", claim: String });
  t.notOk(first?.automaticReplayAt, "and nothing is used up");
  t.match(await createTask()(), { outcome: "waits", because: /1 of an earlier run have no result yet/ });
  advance(claimSeconds * 1_000);
  t.match(await createTask({ boundSeconds: 5 })(), { outcome: "replayed", sent: 1 });
  startWorker(t);
  const task = createTask();
  await eventually(async () => (await task()).outcome === "nothing to do", "all were tried", 30_000);
  await eventually(async () => (await records()).every(({ state }) => state === "resolved"), "and stored", 30_000);
  t.equal((await stored()).length, 2);
  t.ok((await records()).every((record) => record.state === "resolved" && replaysOf(record) === 1));
});

t.test("killed between claim and send, the run leaves the record to a later one", async (t) => {
  const killed = { claim: "of-the-killed", claimedBy: "worker", claimedUntil: new Date(noon + 1_000).toISOString() };
  const { createTask, sentIds, records, advance } = await prepare([deadLetter(0, killed)]);
  t.match(await createTask()(), { outcome: "nothing to do" }, "it may be alive");
  advance(1_000);
  t.match(await createTask({ boundSeconds: 5 })(), { outcome: "replayed", sent: 1 });
  t.strictSame(await sentIds(), [(await records())[0]?.id]);
  t.match(await records(), [{ state: "replayed", automaticReplayAt: String }]);
  advance(hour);
  t.match(await createTask()(), { outcome: "nothing to do", sent: 0 }, "what was sent is sent once");
});

t.test("what a person replays at this moment is that person's", async (t) => {
  const theirs = { claim: "c", claimedBy: "ann", claimedUntil: new Date(noon + 1).toISOString() };
  const { createTask, sentIds } = await prepare([deadLetter(0, theirs)]);
  t.match(await createTask()(), { outcome: "nothing to do", sent: 0 });
  t.strictSame(await sentIds(), []);
});

t.test("a stop ends the wait, and what was sent stays sent", async (t) => {
  const { createTask, sentIds } = await prepare(deadLetters(2));
  const stopping = new AbortController();
  const running = createTask({ stopping: stopping.signal })();
  await eventually(async () => (await sentIds()).length === 1, "the first one was sent");
  stopping.abort();
  t.match(await running, { outcome: "replayed", sent: 1, unheard: 1 });
});
