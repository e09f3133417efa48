import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { QueueSnapshot, toQueueSnapshot, type QueueReading } from "../../../admin/inspector/queue-snapshot.ts";
import { estimateBacklog } from "../../../shared/activity/estimate.ts";

const at = Date.parse("2026-03-01T09:00:00Z");
const validator = Compile(QueueSnapshot);
const nothing = { waiting: 0, inFlight: 0, delayed: 0 };
const reading: QueueReading = {
  at,
  queue: { waiting: 5, inFlight: 2, delayed: 1 },
  deadLetterQueue: { waiting: 3, inFlight: 1, delayed: 0 },
  backlog: { ...estimateBacklog(0, [], at), people: 900, drainPerSecond: 30, etaSeconds: 30, oldestAgeSeconds: 12 },
  groups: [],
};

t.test("people, pace and wait are those of the activity, messages those of SQS", async (t) => {
  const snapshot = toQueueSnapshot(reading);
  t.ok(validator.Check(snapshot));
  t.same(snapshot, {
    messages: 5,
    registrationsEstimate: 900,
    inFlight: 2,
    delayed: 1,
    oldestAgeSeconds: 12,
    drainPerSecond: 30,
    etaSeconds: 30,
    deadLetters: { open: 0, byReason: {}, notCollected: 4 },
    at: "2026-03-01T09:00:00.000Z",
  });
});

t.test("a lower bound is said to be one, by a property that is not there otherwise", async (t) => {
  const snapshot = toQueueSnapshot({ ...reading, backlog: { ...reading.backlog, atLeast: true } });
  t.equal(snapshot.atLeast, true);
  t.ok(validator.Check(snapshot));
  t.notOk("atLeast" in toQueueSnapshot(reading));
});

t.test("only groups that somebody has to deal with are counted", async (t) => {
  const states = (open: number, resolved: number) => ({ open, replayed: 0, resolved, discarded: 0 });
  const group = { oldest: "", newest: "" };
  const { deadLetters } = toQueueSnapshot({
    ...reading,
    deadLetterQueue: nothing,
    groups: [
      { ...group, reason: "crash-loop", states: states(3, 1) },
      { ...group, reason: "item-too-large", states: states(0, 2) },
    ] as unknown as QueueReading["groups"],
  });
  t.same(deadLetters, { open: 3, byReason: { "crash-loop": 3 }, notCollected: 0 });
});
