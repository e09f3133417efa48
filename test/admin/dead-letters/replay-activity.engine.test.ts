import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { t } from "../../equipment/file-test.ts";
import { withReplayActivity } from "../../../admin/dead-letters/replay-activity.ts";
import { createActivityReader } from "../../../shared/activity/reader.ts";
import { createActivityRecorder } from "../../../shared/activity/recorder.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, sqs, queueUrl, activityTable: table } = connection;
const { estimate } = createActivityReader({ documents, table, wallClock: Date.now });

t.test("what a replay sends is written down by its end, whatever that is", async (t) => {
  const notes: string[] = [];
  const note = (text: string) => notes.push(text);
  const result = await withReplayActivity(connection, note, async ({ onPack }) => {
    onPack(250);
    onPack(50);
    return "done";
  });
  t.equal(result, "done");
  t.match(await estimate(2), { people: 300, atLeast: false });
  const broken = withReplayActivity(connection, note, async ({ onPack }) => {
    onPack(7);
    throw new Error("stopped");
  });
  await t.rejects(broken, { message: "stopped" });
  t.match(await estimate(3), { people: 307, atLeast: false });
  t.same(notes, []);
});

t.test("where it cannot be written, that is told, and the replay goes on", async (t) => {
  const notes: string[] = [];
  const elsewhere = { ...connection, activityTable: "not-there" };
  const result = await withReplayActivity(
    elsewhere,
    (text) => notes.push(text),
    async ({ onPack }) => {
      onPack(1);
      return "done";
    },
  );
  t.equal(result, "done");
  t.match(notes, [/cannot be written/]);
});

t.test("whether the workers drain is told by what they did, and until when by what waits", async (t) => {
  await withReplayActivity(connection, t.fail, async ({ draining }) => {
    t.equal(await draining(), 0, "nothing waits");
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "x" }));
    t.equal(await draining(), null, "nobody drains");
  });
  // A reader of its own: one that has seen a bucket when it was over does not read it again.
  await withReplayActivity(connection, t.fail, async ({ draining }) => {
    for (const secondsAgo of [10, 20, 30, 40, 50, 60]) {
      const worker = createActivityRecorder({
        documents,
        table,
        processId: `worker-${secondsAgo}`,
        read: () => ({ stored: 100 }),
        logger: { info() {}, warn: () => t.fail("activity is written") },
        construct: "",
        wallClock: () => Date.now() - secondsAgo * 1_000,
        random: Math.random,
      });
      await worker.record();
    }
    t.type(await draining(), "number");
  });
});
