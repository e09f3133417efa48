import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { bucketKey, bucketStart, levels, type Activity } from "../../../shared/activity/bucket.ts";
import { createActivityReader, stepsBack } from "../../../shared/activity/reader.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

const start = Date.parse("2026-03-01T09:31:17Z");
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

async function prepare() {
  const table = await engines.createTable("bucket");
  let time = start;
  const wallClock = () => time;
  return {
    table,
    reader: createActivityReader({ documents: engines.documents, table, wallClock }),
    advance: (ms: number) => (time += ms),
    /** As a process would have written it at that time. */
    async wrote(activity: Partial<Activity>, msAgo: number, processId = "one"): Promise<void> {
      for (const level of levels) {
        const key = bucketKey(level, bucketStart(level, time - msAgo));
        await engines.documents.send(
          new UpdateCommand({
            TableName: table,
            Key: { bucket: key },
            UpdateExpression: "SET #me = :totals",
            ExpressionAttributeNames: { "#me": processId },
            ExpressionAttributeValues: { ":totals": activity },
          }),
        );
      }
    },
  };
}

/** Keys that were asked for since the last time. */
function keysRead(): number {
  const calls = engines.dynamoDbProxy.callsOf("BatchGetItem");
  const keys = calls.flatMap(({ input }) =>
    Object.values(input["RequestItems"] as Record<string, { Keys: unknown[] }>).flatMap(({ Keys }) => Keys),
  );
  engines.dynamoDbProxy.calls.length = 0;
  return keys.length;
}

t.test("the way back has no gap and no overlap, from a moment ahead to as long as SQS keeps a message", async (t) => {
  for (const now of [start, start + 7, start + hourMs - 1, Date.parse("2026-03-01T00:00:00Z")]) {
    const steps = stepsBack(now);
    t.ok((steps[0]?.to ?? 0) > now, "a process whose clock is ahead is seen");
    for (const [index, step] of steps.entries()) {
      if (index > 0) t.equal(step.to, steps[index - 1]?.from);
      t.equal((step.to - step.from) % step.level.widthMs, 0);
    }
    t.ok((steps.at(-1)?.from ?? Infinity) <= now - 14 * 24 * hourMs);
    const keys = steps.reduce((sum, { level, from, to }) => sum + (to - from) / level.widthMs, 0);
    t.ok(keys < 640, `${keys} items at most`);
  }
});

t.test("it reads no further than is enough, and then knows what all processes did", async (t) => {
  const { reader, wrote } = await prepare();
  await wrote({ accepted: 500, packsSent: 2 }, 30_000);
  await wrote({ accepted: 300, packsSent: 3 }, 30_000, "two");
  keysRead();
  t.match(await reader.estimate(5), { people: 800, atLeast: false });
  const near = keysRead();
  t.ok(near <= 15, `${near} items for a short queue`);
  await reader.estimate(6);
  t.ok(keysRead() > 400, "and all there are when it was not enough");
});

t.test("far back the buckets are coarser, and nothing is counted at two levels", async (t) => {
  const { reader, wrote } = await prepare();
  const ages = [0, 20, 5 * 60, 14 * 60, 16 * 60, 90 * 60, 119 * 60, 181 * 60, 30 * 3_600, 13 * 24 * 3_600];
  for (const [index, seconds] of ages.entries()) {
    await wrote({ accepted: 10 ** (index % 5), packsSent: 1 }, seconds * 1_000, `p${index}`);
  }
  const slices = await reader.readBack(() => false);
  t.equal(
    slices.reduce((sum, { packsSent }) => sum + packsSent, 0),
    ages.length,
  );
  t.equal(
    slices.reduce((sum, { accepted }) => sum + accepted, 0),
    22_222,
  );
});

t.test("beyond what was written down it says at least, and counts one in each message", async (t) => {
  const { reader, wrote } = await prepare();
  await wrote({ accepted: 100, packsSent: 1 }, hourMs);
  t.match(await reader.estimate(60), { people: 159, atLeast: true, etaSeconds: null });
});

t.test("polling again costs little, and what was written late is seen in the end", async (t) => {
  const { reader, wrote, advance } = await prepare();
  const all = () => reader.readBack(() => false);
  await all();
  keysRead();
  let read = 0;
  for (let poll = 0; poll < 30; poll += 1) {
    advance(2_000);
    await all();
    read += keysRead();
  }
  t.ok(read / 30 < 30, `${read / 30} items a poll, of some 600`);
  await wrote({ stored: 7 }, 10 * minuteMs);
  const seen = async () => (await all()).some(({ stored, to, from }) => stored === 7 && to - from === 10_000);
  t.notOk(await seen(), "control: it was kept");
  advance(2 * minuteMs);
  t.ok(await seen());
});

t.test("keys that the table did not get to are asked for again, and those only, and not for ever", async (t) => {
  const { reader, wrote } = await prepare();
  await wrote({ accepted: 40, packsSent: 4 }, 20_000);
  keysRead();
  let spoiled = 0;
  engines.dynamoDbProxy.intervene(({ operation, input }) => {
    if (operation !== "BatchGetItem" || spoiled > 0) return undefined;
    spoiled += 1;
    const items = input["RequestItems"] as Record<string, { Keys: unknown[] }>;
    return { answer: { Responses: {}, UnprocessedKeys: items } };
  });
  t.match(await reader.estimate(4), { people: 40 });
  t.equal(spoiled, 1);
  const silent = await prepare();
  engines.dynamoDbProxy.intervene(({ input }) => ({
    answer: { Responses: {}, UnprocessedKeys: input["RequestItems"] },
  }));
  await t.rejects(silent.reader.estimate(1), /not answered/);
});

t.test("a table that is denied or missing is an error, not an empty queue", async (t) => {
  const { reader } = await prepare();
  engines.dynamoDbProxy.intervene(() => awsError("AccessDeniedException"));
  await t.rejects(reader.estimate(1), { name: "AccessDeniedException" });
});
