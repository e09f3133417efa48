import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { mockClient } from "aws-sdk-client-mock";
import { Counter, Gauge, Registry } from "prom-client";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { cloudWatchLimits } from "../../../shared/aws/aws-limits.ts";
import { createCloudWatchPublisher, publishedFigures } from "../../../shared/aws/cloudwatch-publisher.ts";
import { exposeMachineMemory } from "../../../shared/process/machine-memory.ts";
import { createBacklogReport } from "../../../worker/backlog-report.ts";
import { createWorkerMetrics } from "../../../worker/metrics.ts";
import { alwaysOpen } from "../../../shared/acceptance/acceptance-watch.ts";
import { createWebMetrics, registerAcceptanceMetrics } from "../../../web/metrics.ts";
import { eventually, stretched } from "../../equipment/eventually.ts";
import { recordLog } from "../../equipment/recorded-log.ts";

const everyMs = 20;

function prepare() {
  const registry = new Registry();
  const registers = [registry];
  const log = recordLog();
  const publisher = createCloudWatchPublisher({
    stack: "summit-test",
    region: "eu-central-1",
    registry,
    logger: log.logger,
    construct: "Roles/WorkerRole",
    wallClock: () => Date.parse("2026-03-01T10:00:00Z"),
    random: () => 0.001,
    everyMs,
    closeWithinMs: 150,
  });
  return {
    publisher,
    log,
    registry,
    stored: new Counter({ name: "turnout_registrations_stored_total", help: "x", registers }),
    rejected: new Counter({ name: "turnout_requests_refused_total", help: "x", labelNames: ["code"], registers }),
    breaker: new Gauge({ name: "turnout_breaker_open", help: "x", labelNames: ["dependency"], registers }),
    waiting: new Gauge({ name: "turnout_queue_registrations_estimate", help: "x", registers }),
    eta: new Gauge({ name: "turnout_queue_eta_seconds", help: "x", registers }),
    polledAt: new Gauge({ name: "turnout_queue_polled_at_timestamp_seconds", help: "x", registers }),
    other: new Counter({ name: "turnout_delete_failures_total", help: "x", registers }),
  };
}

/** CloudWatch as the SDK's own stand-in: what each call brought, by name. */
function playCloudWatch(t: Test) {
  const cloudWatch = mockClient(CloudWatchClient);
  t.teardown(() => cloudWatch.restore());
  cloudWatch.on(PutMetricDataCommand).resolves({});
  const calls = () => cloudWatch.commandCalls(PutMetricDataCommand).map(({ args }) => args[0].input);
  return {
    cloudWatch,
    calls,
    values: () =>
      calls().map(({ MetricData = [] }) =>
        Object.fromEntries(MetricData.map(({ MetricName = "", Value }) => [MetricName.replace("turnout_", ""), Value])),
      ),
  };
}

const sumOf = (values: readonly Record<string, number | undefined>[], name: string) =>
  values.reduce((sum, value) => sum + (value[name] ?? 0), 0);

t.test("counts go out as what was added, once a minute, in one call, by stack", async (t) => {
  const { calls, values } = playCloudWatch(t);
  const { publisher, stored, rejected, other } = prepare();
  stored.inc(40);
  rejected.labels("TURNOUT_OVERLOADED").inc(2);
  rejected.labels("TURNOUT_RATE_LIMITED").inc(1);
  other.inc();
  await publisher.start?.();
  await eventually(() => calls().length >= 1, "a minute is over");
  stored.inc(2);
  await eventually(() => sumOf(values(), "registrations_stored_total") === 42, "the rest is published");
  await publisher.stop?.();
  t.match(values()[0], { registrations_stored_total: 40, requests_refused_total: 3 });
  t.equal(sumOf(values(), "registrations_stored_total"), 42, "nothing twice");
  t.equal(sumOf(values(), "requests_refused_total"), 3);
  t.notOk("delete_failures_total" in (values()[0] ?? {}), "only what is watched");
  const [first] = calls();
  t.equal(first?.Namespace, "Turnout");
  t.strictSame(first?.MetricData?.[0]?.Dimensions, [{ Name: "Stack", Value: "summit-test" }]);
  t.strictSame(first?.MetricData?.[0]?.Timestamp, new Date("2026-03-01T10:00:00Z"));
});

t.test("what stands is the worst of several; what another worker polled meanwhile is left out", async (t) => {
  const { calls, values } = playCloudWatch(t);
  const { publisher, breaker, waiting, eta, polledAt } = prepare();
  breaker.labels("table").set(1);
  breaker.labels("queue receives").set(0);
  waiting.set(900);
  eta.set(-1);
  polledAt.set(1_000);
  await publisher.start?.();
  await eventually(() => calls().length >= 2, "two minutes are over");
  t.match(values()[0], { breaker_open: 1, queue_registrations_estimate: 900 });
  t.notOk("queue_eta_seconds" in (values()[0] ?? {}), "-1 is no number of seconds");
  t.notOk("queue_registrations_estimate" in (values()[1] ?? {}), "no news");
  polledAt.set(1_060);
  eta.set(30);
  await eventually(() => values().some((value) => value["queue_eta_seconds"] === 30), "the new poll is published");
  await publisher.stop?.();
});

t.test("a stop publishes what came last, and nothing after it", async (t) => {
  const { calls, values } = playCloudWatch(t);
  const { publisher, stored } = prepare();
  await publisher.start?.();
  stored.inc(7);
  await publisher.stop?.();
  t.equal(sumOf(values(), "registrations_stored_total"), 7);
  const after = calls().length;
  await publisher.stop?.();
  t.equal(calls().length, after);
});

t.test("without a stack's name nothing is loaded and nothing sent", async (t) => {
  const { calls } = playCloudWatch(t);
  const silent = createCloudWatchPublisher({
    stack: undefined,
    region: "eu-central-1",
    registry: new Registry(),
    logger: recordLog().logger,
    construct: "",
    wallClock: Date.now,
    random: Math.random,
  });
  await silent.start?.();
  await silent.stop?.();
  t.equal(calls().length, 0);
});

t.test(
  "while CloudWatch denies it is told once, what could not be sent is kept, and sent when it may be",
  async (t) => {
    const { cloudWatch, values, calls } = playCloudWatch(t);
    const denied = Object.assign(new Error("not authorized"), { name: "AccessDenied" });
    cloudWatch.on(PutMetricDataCommand).rejects(denied);
    const { publisher, stored, log } = prepare();
    stored.inc(5);
    await publisher.start?.();
    await eventually(() => calls().length >= 3, "three tries");
    const before = calls().length;
    cloudWatch.on(PutMetricDataCommand).resolves({});
    await eventually(() => log.records.some(({ msg }) => msg?.includes("again")), "it is told");
    await publisher.stop?.();
    const reached = calls()
      .slice(before)
      .flatMap(({ MetricData = [] }) => MetricData)
      .filter(({ MetricName }) => MetricName === "turnout_registrations_stored_total");
    t.equal(
      reached.reduce((sum, { Value = 0 }) => sum + Value, 0),
      5,
      "each once",
    );
    const warnings = log.records.filter(({ level }) => level === 40);
    t.equal(warnings.length, 1);
    t.match(warnings[0], { action: "cloudwatch:PutMetricData", construct: "Roles/WorkerRole" });
    t.ok(values().every((value) => Object.keys(value).length <= publishedFigures.length));
  },
);

t.test("what is kept has a bound: the oldest is given up", async (t) => {
  const { cloudWatch, calls } = playCloudWatch(t);
  cloudWatch.on(PutMetricDataCommand).rejects(new Error("down"));
  const registry = new Registry();
  const publisher = createCloudWatchPublisher({
    stack: "summit-test",
    region: "eu-central-1",
    registry,
    logger: recordLog().logger,
    construct: "",
    wallClock: Date.now,
    random: () => 0,
    everyMs: 1,
  });
  for (const { name } of publishedFigures) new Counter({ name, help: "x", registers: [registry] }).inc(1);
  await publisher.start?.();
  await eventually(
    () => (calls().at(-1)?.MetricData?.length ?? 0) >= cloudWatchLimits.maxDataOfCall,
    "as much as is kept",
  );
  await publisher.stop?.();
  t.ok(calls().every(({ MetricData = [] }) => MetricData.length <= cloudWatchLimits.maxDataOfCall));
});

/** A service of our own behind the SDK's real client. */
async function serve(t: Test, listener: RequestListener): Promise<void> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  t.intercept(process, "env", {
    value: {
      ...process.env,
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "x",
      AWS_ENDPOINT_URL_CLOUDWATCH: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
  });
}

t.test("a CloudWatch that never answers holds up nothing: one call at a time, and a stop in its time", async (t) => {
  let asked = 0;
  await serve(t, () => (asked += 1));
  const { publisher, stored } = prepare();
  stored.inc();
  await publisher.start?.();
  await eventually(() => asked === 1, "a call is under way");
  const began = performance.now();
  await publisher.stop?.();
  t.ok(performance.now() - began < stretched(3_500), "given up");
  t.ok(asked <= 2, `${asked} calls`);
});

t.test("a CloudWatch that fails is asked again by and by, with everything", async (t) => {
  let asked = 0;
  await serve(t, (request, response) => {
    request.resume();
    asked += 1;
    response.statusCode = 503;
    response.end();
  });
  const { publisher, log } = prepare();
  await publisher.start?.();
  await eventually(() => asked >= 2, "it was tried again");
  await publisher.stop?.();
  t.equal(log.records.filter(({ level }) => level === 40).length, 1);
});

t.test("every figure that is published is one that a tier has", async (t) => {
  const registry = new Registry();
  createWorkerMetrics(registry);
  createWebMetrics(registry, () => {
    throw new Error("not asked");
  });
  registerAcceptanceMetrics(registry, alwaysOpen);
  for (const tier of ["web", "worker"] as const) exposeMachineMemory(registry, tier);
  createBacklogReport({ registry } as Parameters<typeof createBacklogReport>[0]);
  for (const { name, polledAt } of publishedFigures) {
    t.ok(registry.getSingleMetric(name), name);
    if (polledAt !== undefined) t.ok(registry.getSingleMetric(polledAt), polledAt);
  }
});
