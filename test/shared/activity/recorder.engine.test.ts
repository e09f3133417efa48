import { t } from "../../equipment/file-test.ts";
import { sumOfItem, type ProcessFigures } from "../../../shared/activity/bucket.ts";
import { createActivityRecorder } from "../../../shared/activity/recorder.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";
import { eventually } from "../../equipment/eventually.ts";
import { recordLog } from "../../equipment/recorded-log.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

const start = Date.parse("2026-03-01T09:00:00Z");

async function prepare(table?: string, processId = "one") {
  const name = table ?? (await engines.createTable("bucket"));
  const log = recordLog();
  const totals: { -readonly [Name in keyof ProcessFigures]: number } = {};
  let time = start;
  const recorder = createActivityRecorder({
    documents: engines.documents,
    table: name,
    processId,
    read: () => ({ ...totals }),
    logger: log.logger,
    construct: "Roles/WebRole",
    wallClock: () => time,
    random: () => 0,
    closeWithinMs: 500,
  });
  return {
    recorder,
    table: name,
    ...log,
    does(what: ProcessFigures) {
      for (const [activity, count] of Object.entries(what)) {
        const figure = activity as keyof ProcessFigures;
        totals[figure] = (totals[figure] ?? 0) + count;
      }
    },
    advance: (seconds: number) => (time += seconds * 1_000),
    async buckets() {
      const items = await engines.items(name);
      return Object.fromEntries(items.map((item) => [String(item["bucket"]), item]));
    },
  };
}

t.test("what was added since the last poll goes into the bucket of its time, at all three levels", async (t) => {
  const { recorder, does, advance, buckets } = await prepare();
  does({ accepted: 500, packsSent: 2 });
  await recorder.record();
  advance(12);
  does({ accepted: 20, packsSent: 1 });
  await recorder.record();
  t.match(await buckets(), {
    "10s/2026-03-01T09:00:00Z": { one: { accepted: 500, packsSent: 2 } },
    "10s/2026-03-01T09:00:10Z": { one: { accepted: 20, packsSent: 1 } },
    "1m/2026-03-01T09:00:00Z": { one: { accepted: 520, packsSent: 3 } },
    "1h/2026-03-01T09:00:00Z": { one: { accepted: 520, packsSent: 3 } },
  });
});

t.test("each kind of bucket expires by itself, after the time for which it is read", async (t) => {
  const { recorder, does, buckets } = await prepare();
  does({ stored: 1 });
  await recorder.record();
  const expiry = Object.values(await buckets()).map(({ expiresAt }) => Number(expiresAt) - start / 1_000);
  t.same(
    expiry.toSorted((a, b) => a - b),
    [10 + 3_600, 60 + 86_400, 3_600 + 1_209_600],
  );
});

t.test("processes write side by side into the same bucket", async (t) => {
  const one = await prepare();
  const two = await prepare(one.table, "two");
  for (let turn = 0; turn < 5; turn += 1) {
    one.does({ accepted: 10, packsSent: 1 });
    two.does({ stored: 7, packsDone: 1 });
    await Promise.all([one.recorder.record(), two.recorder.record()]);
  }
  const item = (await one.buckets())["10s/2026-03-01T09:00:00Z"];
  t.match(sumOfItem(item), { accepted: 50, packsSent: 5, stored: 35, packsDone: 5 });
});

t.test("what a process holds is said again in each bucket, the latest only, and once when it is over", async (t) => {
  const { recorder, does, advance, buckets } = await prepare();
  does({ heldPacks: 5, heldPeople: 700 });
  await recorder.record();
  does({ heldPeople: -100 });
  await recorder.record();
  advance(20);
  await recorder.record();
  advance(20);
  does({ heldPacks: -5, heldPeople: -600 });
  await recorder.record();
  advance(20);
  await recorder.record();
  t.match(await buckets(), {
    "10s/2026-03-01T09:00:00Z": { one: { heldPacks: 5, heldPeople: 600 } },
    "10s/2026-03-01T09:00:20Z": { one: { heldPacks: 5, heldPeople: 600 } },
    "10s/2026-03-01T09:00:40Z": { one: { heldPacks: 0, heldPeople: 0 } },
  });
  t.equal(Object.keys(await buckets()).length, 3, "and not at the coarser levels");
});

t.test("nothing done is nothing written", async (t) => {
  const { recorder, advance, buckets } = await prepare();
  const before = engines.dynamoDbProxy.callsOf("UpdateItem").length;
  for (let turn = 0; turn < 3; turn += 1) {
    advance(10);
    await recorder.record();
  }
  t.same(await buckets(), {});
  t.equal(engines.dynamoDbProxy.callsOf("UpdateItem").length, before);
});

t.test("a write whose answer is lost, and that is made again, counts nothing twice", async (t) => {
  const { recorder, does, buckets, records } = await prepare();
  let lost = 0;
  engines.dynamoDbProxy.intervene(({ operation }) => {
    if (operation !== "UpdateItem" || lost === 12) return undefined;
    lost += 1;
    return "lose the answer";
  });
  for (let turn = 0; turn < 5; turn += 1) {
    does({ stored: 10 });
    await recorder.record();
  }
  t.equal(lost, 12, "control: answers were lost");
  t.ok(records.some(({ msg }) => msg?.includes("not written")));
  t.match(sumOfItem((await buckets())["10s/2026-03-01T09:00:00Z"]), { stored: 50 });
});

t.test("what cannot be written is kept and follows, and the log says so once, with what is missing", async (t) => {
  const { recorder, does, advance, buckets, records } = await prepare();
  engines.dynamoDbProxy.intervene(({ operation }) =>
    operation === "UpdateItem" ? awsError("AccessDeniedException", "no") : undefined,
  );
  for (let turn = 0; turn < 6; turn += 1) {
    does({ accepted: 1 });
    await recorder.record();
    advance(10);
  }
  t.same(await buckets(), {});
  engines.calm();
  // More than one call has room for: they follow in several.
  await recorder.record();
  await recorder.record();
  const written = await buckets();
  t.equal(Object.keys(written).filter((key) => key.startsWith("10s/")).length, 5);
  t.match(written["1h/2026-03-01T09:00:00Z"], { one: { accepted: 6 } });
  t.match(
    records.map(({ level, action, construct, kind }) => ({ level, action, construct, kind })),
    [
      { level: 40, action: "dynamodb:UpdateItem", construct: "Roles/WebRole", kind: "access-denied" },
      { level: 30, action: "dynamodb:UpdateItem" },
    ],
  );
  t.equal(records.length, 2);
});

t.test("hours without an answer are kept up to a bound: the finest of long ago are given up", async (t) => {
  const { recorder, does, advance, buckets } = await prepare();
  engines.dynamoDbProxy.intervene(() => awsError("AccessDeniedException"));
  const turns = 75;
  for (let turn = 0; turn < turns; turn += 1) {
    does({ accepted: 1 });
    await recorder.record();
    advance(240);
  }
  engines.calm();
  for (let turn = 0; turn < 20; turn += 1) await recorder.record();
  const written = Object.entries(await buckets());
  const sum = (level: string) =>
    written.filter(([key]) => key.startsWith(level)).reduce((total, [, item]) => total + sumOfItem(item).accepted, 0);
  t.equal(sum("1h/"), turns, "the coarsest have everything");
  t.ok(sum("10s/") < turns && written.length < 110, `${written.length} items`);
});

t.test("a stop writes what is left, once, and ends within its bound although nothing answers", async (t) => {
  const one = await prepare();
  await one.recorder.start();
  one.does({ stored: 3 });
  await Promise.all([one.recorder.stop(), one.recorder.stop()]);
  t.match(sumOfItem((await one.buckets())["10s/2026-03-01T09:00:00Z"]), { stored: 3 });
  const two = await prepare();
  await two.recorder.start();
  two.does({ stored: 3 });
  engines.dynamoDbProxy.intervene(() => "swallow");
  const began = performance.now();
  await two.recorder.stop();
  t.ok(performance.now() - began < 2_500, "long before the time-outs of the client and its retries");
});

t.test("started, it writes by itself; counters that cannot be read are an error like any other", async (t) => {
  const { recorder, does, buckets } = await prepare();
  await recorder.start();
  does({ stored: 1 });
  await eventually(async () => "10s/2026-03-01T09:00:00Z" in (await buckets()), "it is written", 20_000);
  await recorder.stop();
  const log = recordLog();
  const broken = createActivityRecorder({
    documents: engines.documents,
    table: "none",
    processId: "x",
    read: () => Promise.reject(new Error("no counters")),
    logger: log.logger,
    construct: "",
    wallClock: Date.now,
    random: Math.random,
  });
  await broken.start();
  await broken.stop();
  t.match(log.records, [{ level: 40, err: { message: "no counters" } }]);
});
