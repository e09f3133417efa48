/**
 * How right the figures are: people waiting and the wait, with several web instances and workers, packs of one and full
 * ones. The queue, the table, the recorders and the reader are the real ones; time is a clock that the test moves, so that
 * minutes of a backlog take seconds. The processes only keep the counters that the tiers keep.
 */
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import t, { type Test } from "tap";
import { createActivityReader } from "../../shared/activity/reader.ts";
import { createActivityRecorder, type ActivityRecorder } from "../../shared/activity/recorder.ts";
import { countMessages } from "../../shared/aws/queue-counts.ts";
import { startEngines } from "../equipment/engines.ts";

const engines = await startEngines(t);

const start = Date.parse("2026-03-01T09:00:03.400Z");
const quiet = { info() {}, warn: () => t.fail("activity is written") };

interface Scene {
  readonly webs: number;
  readonly workers: number;
  readonly packSize: number;
}

interface Figures {
  readonly at: string;
  readonly people: number;
  readonly truePeople: number;
  readonly wait: number | null;
  readonly trueWait: number | null;
}

/** Packs that all web instances send a second: while no worker runs, and while they run. */
const rush = 4;
const later = 1;
/** Packs that all workers drain a second. */
const drain = 3;
const secondsAlone = 40;
const secondsTogether = 50;

async function play(t: Test, { webs, workers, packSize }: Scene): Promise<Figures[]> {
  const { url } = await engines.createQueue({ visibilityTimeoutSeconds: 600 });
  const table = await engines.createTable("bucket");
  let time = start;
  const processes: ActivityRecorder[] = [];
  /** @param aheadMs what its clock differs by */
  function createProcess<Counters extends object>(name: string, counters: Counters, aheadMs: number): Counters {
    const wallClock = () => time + aheadMs;
    const parts = { documents: engines.documents, table, processId: name, logger: quiet, construct: "" };
    processes.push(createActivityRecorder({ ...parts, read: () => ({ ...counters }), wallClock, random: Math.random }));
    return counters;
  }
  const web = Array.from({ length: webs }, (_, index) =>
    createProcess(`web-${index}`, { accepted: 0, packsSent: 0 }, (index % 3) * 400 - 400),
  );
  const worker = Array.from({ length: workers }, (_, index) =>
    createProcess(`worker-${index}`, { stored: 0, packsDone: 0, storedDelayMs: 0 }, (index % 3) * 400 - 400),
  );
  const { estimate } = createActivityReader({ documents: engines.documents, table, wallClock: () => time });
  let people = 0;

  async function send(packs: number): Promise<void> {
    for (let first = 0; first < packs; first += 10) {
      const Entries = Array.from({ length: Math.min(10, packs - first) }, (_, index) => ({
        Id: String(index),
        MessageBody: "a pack",
      }));
      await engines.sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    }
    for (let pack = 0; pack < packs; pack += 1) {
      const instance = web[Math.floor(Math.random() * web.length)]!;
      instance.accepted += packSize;
      instance.packsSent += 1;
      people += packSize;
    }
  }

  async function store(packs: number): Promise<void> {
    for (let left = packs; left > 0;) {
      const { Messages = [] } = await engines.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: Math.min(10, left) }),
      );
      if (Messages.length === 0) return;
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await engines.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
      left -= Messages.length;
      for (const _ of Messages) {
        const instance = worker[Math.floor(Math.random() * worker.length)]!;
        instance.stored += packSize;
        instance.packsDone += 1;
        people -= packSize;
      }
    }
  }

  const seen: Figures[] = [];
  for (let second = 1; second <= secondsAlone + secondsTogether; second += 1) {
    const alone = second <= secondsAlone;
    time += 1_000;
    await send(alone ? rush : later);
    if (!alone) await store(drain);
    // Each at its own second, as processes do that were not started together.
    await Promise.all(processes.filter((_, index) => (second + index) % 2 === 0).map(({ record }) => record()));
    if (second % 10 !== 5) continue;
    const { people: told, etaSeconds, atLeast } = await estimate(await countMessages(engines.sqs, url));
    t.notOk(atLeast);
    const since = second - secondsAlone;
    // A while after the workers began their pace is known; before, it has to be called unknown.
    if (since > 0 && since < 35) continue;
    seen.push({
      at: `${second} s`,
      people: told,
      truePeople: people,
      wait: etaSeconds,
      trueWait: alone ? null : Math.round(people / (drain * packSize)),
    });
  }
  return seen;
}

const rows: string[] = [];

for (const packSize of [1, 250]) {
  for (const webs of [1, 2, 6]) {
    for (const workers of [1, 3]) {
      t.test(
        `${webs} web, ${workers} workers, packs of ${packSize}: people within a tenth, wait within a quarter`,
        async (t) => {
          const figures = await play(t, { webs, workers, packSize });
          t.ok(figures.length > 4);
          for (const { at, people, truePeople, wait, trueWait } of figures) {
            t.ok(Math.abs(people / truePeople - 1) <= 0.1, `people at ${at}: ${people} where ${truePeople} wait`);
            if (trueWait === null || wait === null) t.equal(wait, trueWait, `the wait at ${at} is not known`);
            else t.ok(Math.abs(wait / trueWait - 1) <= 0.25, `wait at ${at}: ${wait} s where it is ${trueWait} s`);
          }
          const { people, truePeople, wait, trueWait } = figures.at(-1)!;
          const alone = figures.findLast((one) => one.trueWait === null)!;
          rows.push(
            `${webs} web ${workers} workers, packs of ${packSize}: ${people} people where ${truePeople} wait; ` +
              `wait ${wait} s where it is ${trueWait} s; without a worker ${alone.wait === null ? "unknown" : alone.wait}, ` +
              `${alone.people} people where ${alone.truePeople} wait`,
          );
        },
      );
    }
  }
}

t.test("the figures", async (t) => {
  for (const row of rows) t.comment(row);
});
