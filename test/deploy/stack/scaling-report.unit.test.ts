import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import {
  chainHead,
  chainRows,
  eventLine,
  sampleLine,
  scalingPage,
  ScalingRecord,
} from "../../../deploy/stack/scaling-report.ts";

const record: ScalingRecord = {
  stack: "summit-test",
  since: "2027-03-01T09:00:00.000Z",
  until: "2027-03-01T09:30:00.000Z",
  ended: "drained",
  samples: [
    {
      at: "2027-03-01T09:01:00.000Z",
      acceptedPerSecond: 120.4,
      messages: 1_500,
      inFlight: 40,
      oldestAgeSeconds: 61,
      webInstances: 2,
      workerInstances: 1,
      webCpuPercent: 80.4,
      workerCpuPercent: null,
      webMemoryPercent: 41.5,
      workerMemoryPercent: null,
      webBytesInPerSecond: 120_000,
      webBytesOutPerSecond: 80_000,
      workerBytesInPerSecond: null,
      workerBytesOutPerSecond: null,
    },
  ],
  events: [{ at: "2027-03-01T09:05:00.000Z", of: "worker", kind: "decision", what: "<i-0a>", instance: "i-0a" }],
  chains: [
    {
      tier: "worker",
      instance: "i-0a",
      step: "2027-03-01T09:01:00.000Z",
      metric: "2027-03-01T09:02:00.000Z",
      alarm: null,
      decision: "2027-03-01T09:05:00.000Z",
      inService: "2027-03-01T09:08:10.000Z",
      drained: null,
    },
  ],
  removals: [
    {
      tier: "web",
      instance: "i-0c",
      step: "2027-03-01T09:20:00.000Z",
      alarm: "2027-03-01T09:22:00.000Z",
      decision: "2027-03-01T09:22:30.000Z",
      gone: null,
    },
  ],
};

t.test("a chain shows each link's time and distance from the first; a missing link has no time", async (t) => {
  t.ok(Compile(ScalingRecord).Check(record));
  const [row] = chainRows(record.chains);
  t.strictSame(row, [
    "i-0a",
    "worker",
    "09:01:00",
    "09:02:00 (+1 min)",
    "-",
    "09:05:00 (+4 min)",
    "09:08:10 (+7 min 10 s)",
    "-",
  ]);
  t.equal(row?.length, chainHead.length);
});

t.test("a minute and an event are one line each", async (t) => {
  t.equal(
    sampleLine(record.samples[0]!),
    "09:01:00  accepted 120/s  waiting 1,500, oldest 61 s  web 2 at 80 %, memory 42 %  worker 1 at -, memory -",
  );
  t.equal(eventLine(record.events[0]!), "09:05:00  worker  decision     <i-0a>");
});

t.test(
  "the page holds the chain, the events and the charts, and nothing of it is markup of somebody else",
  async (t) => {
    const page = scalingPage(record);
    t.match(page, "How summit-test scaled");
    t.match(page, "09:08:10 (+7 min 10 s)");
    t.match(page, "&lt;i-0a&gt;");
    t.notMatch(page, "<i-0a>");
    t.equal([...page.matchAll(/<svg/g)].length, 6, "load, backlog, instances, CPU, memory, network");
    t.match(page, /i-0c<[\s\S]*09:22:30 \(\+2 min 30 s\)/);
    t.match(scalingPage({ ...record, chains: [], removals: [], samples: [] }), "added no instance");
  },
);
