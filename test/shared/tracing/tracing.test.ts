import t, { type Test } from "tap";
import { Type } from "typebox";
import { readEnv } from "../../../shared/process/environment.ts";
import { tracingVariables } from "../../../shared/tracing/tracing-variables.ts";
import { openTracing, inSpan, type Tracing, type TracingOptions } from "../../../shared/tracing/tracing.ts";
import { eventually, stretched } from "../../equipment/eventually.ts";
import { recordLog } from "../../equipment/recorded-log.ts";
import { importsOf } from "../../repo/imports.ts";
import { sourceFiles } from "../../repo/source-tree.ts";
import { startTraceCollector } from "../../equipment/trace-collector.ts";

const span = { kind: "server" } as const;
const now = () => performance.now();

async function open(options: Partial<TracingOptions> & { endpoint: string }) {
  const log = recordLog();
  const tracing = await openTracing({
    ratio: 1,
    service: "turnout-web",
    logger: log.logger,
    now,
    random: () => 0.5,
    ...options,
  });
  return { tracing: tracing as Tracing, log };
}

const stop = async ({ part }: Tracing) => part.stop?.();

async function collected(t: Test, trace: (tracing: Tracing) => void | Promise<void>) {
  const collector = await startTraceCollector(t);
  const { tracing } = await open({ endpoint: collector.url });
  await trace(tracing);
  await stop(tracing);
  return collector;
}

t.test("without an endpoint there are no traces", async (t) => {
  const { logger } = recordLog();
  const options = { ratio: 1, service: "turnout-web", logger, now, random: () => 0 };
  t.equal(await openTracing({ ...options, endpoint: undefined }), undefined);
});

t.test("OpenTelemetry is loaded by nobody but whoever traces", async (t) => {
  const files = sourceFiles(["web", "worker", "shared"]);
  const importing = (what: string) =>
    files.filter(({ text }) =>
      importsOf(text).some(({ specifier, typeOnly }) => !typeOnly && specifier?.includes(what)),
    );
  const paths = (found: typeof files) => found.map(({ path }) => path);
  t.strictSame(paths(importing("@opentelemetry/")), ["shared/tracing/open-telemetry.ts"]);
  const [only, ...others] = importing("open-telemetry.ts");
  t.strictSame([only?.path, others], ["shared/tracing/tracing.ts", []]);
  t.match(only?.text, /await import\("\.\/open-telemetry\.ts"\)/, "and only when there is an endpoint");
});

t.test("an endpoint is a host, with or without a port and a path, and nothing secret", async (t) => {
  const schema = Type.Object(tracingVariables);
  const read = (given: string) => readEnv(schema, { OTEL_EXPORTER_OTLP_ENDPOINT: given }).OTEL_EXPORTER_OTLP_ENDPOINT;
  for (const good of ["http://127.0.0.1:4318", "https://otlp.example.org/otlp/", "http://collector"])
    t.equal(read(good), good);
  for (const bad of ["http://", "collector:4318", "grpc://a", "https://key:secret@a.example", "https://a.example?k=1"])
    t.throws(() => read(bad), { code: "TURNOUT_ENVIRONMENT_INVALID" }, bad);
  t.equal(readEnv(schema, {}).OTEL_TRACES_SAMPLER_ARG, 0.001);
  t.throws(() => readEnv(schema, { OTEL_TRACES_SAMPLER_ARG: "1.5" }), { code: "TURNOUT_ENVIRONMENT_INVALID" });
});

t.test("a stop sends what is left, with the name of the tier", async (t) => {
  const { spans } = await collected(t, (tracing) => {
    const one = tracing.sample("POST /registrations", { ...span, attributes: { "http.route": "/registrations" } });
    one?.set({ "turnout.registration.ids": ["a", "b"] });
    one?.end();
    one?.end();
  });
  t.match(spans, [
    {
      service: "turnout-web",
      name: "POST /registrations",
      parentSpanId: "",
      attributes: { "http.route": "/registrations", "turnout.registration.ids": ["a", "b"] },
      failed: false,
    },
  ]);
  t.equal(spans.length, 1, "an end that is repeated counts once");
});

t.test("a path of the endpoint is kept", async (t) => {
  const collector = await startTraceCollector(t);
  for (const path of ["", "/"]) {
    const { tracing } = await open({ endpoint: `${collector.url}${path}` });
    tracing.begin("x", span).end();
    await stop(tracing);
  }
  t.equal(collector.spans.length, 2);
});

t.test("the configured share is sampled, and what is not costs no span", async (t) => {
  const collector = await startTraceCollector(t);
  let draws = 0;
  // Evenly over the whole range.
  const random = () => (draws++ % 1_000) / 1_000;
  const { tracing } = await open({ endpoint: collector.url, ratio: 0.01, random });
  const spans = Array.from({ length: 10_000 }, () => tracing.sample("POST /registrations", span));
  const sampled = spans.filter((one) => one !== undefined);
  t.equal(sampled.length, 100);
  for (const one of sampled) one.end();
  await stop(tracing);
  t.equal(collector.spans.length, 100);
  t.equal(new Set(collector.spans.map(({ traceId }) => traceId)).size, 100, "each a trace of its own");
});

t.test("a share of 0 traces nothing, and one of 1 everything", async (t) => {
  const collector = await startTraceCollector(t);
  for (const [ratio, random, expected] of [
    [0, 0, 0],
    [1, 1 - Number.EPSILON, 1],
  ] as const) {
    const { tracing } = await open({ endpoint: collector.url, ratio, random: () => random });
    t.equal(tracing.sample("x", span) === undefined ? 0 : 1, expected);
    await stop(tracing);
  }
});

t.test("spans are linked with each other, and a child is in its parent's trace", async (t) => {
  const { spans } = await collected(t, (tracing) => {
    const origin = tracing.begin("origin", span);
    const send = tracing.begin("send", { kind: "producer", links: [origin, "no traceparent"] });
    origin.link(send);
    tracing.begin("child", { kind: "client", parent: send }).end();
    send.end();
    origin.end();
  });
  const [child, send, origin] = ["child", "send", "origin"].map((name) => spans.find((one) => one.name === name));
  t.same(send?.links, [origin?.spanId]);
  t.same(origin?.links, [send?.spanId]);
  t.not(send?.traceId, origin?.traceId);
  t.equal(child?.parentSpanId, send?.spanId);
  t.equal(child?.traceId, send?.traceId);
});

t.test("another process goes on with what was sampled, and with nothing else", async (t) => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const spanId = "00f067aa0ba902b7";
  const { spans } = await collected(t, (tracing) => {
    const wrong = [
      undefined,
      "",
      "nonsense",
      `00-${traceId}-${spanId}-00`,
      `00-${"0".repeat(32)}-${spanId}-01`,
      `ff-${traceId}-${spanId}-01`,
      `00-${traceId}-${spanId}-01-more`,
    ];
    for (const traceparent of wrong)
      t.equal(tracing.follow(traceparent, "process", span), undefined, String(traceparent));
    tracing.follow(`00-${traceId}-${spanId}-01`, "process", { kind: "consumer" })?.end();
  });
  t.match(spans, [{ name: "process", traceId, parentSpanId: spanId, links: [spanId] }]);
});

t.test("work that fails says so without its message, and its error goes on", async (t) => {
  const { spans, bodies } = await collected(t, async (tracing) => {
    const failing = inSpan(tracing.begin("send", { kind: "producer" }), () =>
      Promise.reject(new TypeError("about ann@example.org")),
    );
    await t.rejects(failing, { message: "about ann@example.org" });
  });
  t.match(spans, [{ name: "send", failed: true, attributes: { "error.type": "TypeError" } }]);
  t.notMatch(bodies.join(), /ann@/);
  t.equal(await inSpan(undefined, async () => 7), 7, "work that is not traced");
});

t.test("a collector that fails is told about once, and again when it is over", async (t) => {
  const collector = await startTraceCollector(t);
  const { tracing, log } = await open({ endpoint: collector.url });
  collector.answer(400);
  const lines = () => log.records.filter(({ msg = "" }) => /^traces do not reach|^works again/.test(msg));
  const manySpans = () => {
    // So many leave at once, without waiting for the interval.
    for (let index = 0; index < 512; index += 1) tracing.begin("x", span).end();
  };
  for (const requests of [1, 2, 3]) {
    manySpans();
    await eventually(() => collector.bodies.length >= requests, `request ${requests}`);
  }
  await eventually(() => lines().length, "the line in the log");
  collector.answer(200);
  manySpans();
  await eventually(() => lines().length === 2, "that it works again");
  t.match(lines(), [
    { level: 40, action: "POST v1/traces" },
    { level: 30, failures: 3 },
  ]);
  await stop(tracing);
});

for (const [how, status] of [
  ["never answers", undefined],
  ["asks for another try", 503],
] as const) {
  t.test(`a collector that ${how} holds up neither the work nor the stop, and spans do not pile up`, async (t) => {
    const collector = await startTraceCollector(t);
    collector.answer(status);
    const { tracing } = await open({ endpoint: collector.url });
    for (let index = 0; index < 20_000; index += 1) tracing.begin("x", span).end();
    const began = now();
    await stop(tracing);
    t.ok(now() - began < stretched(4_000), `${Math.round(now() - began)} ms`);
    const kept = collector.bodies.reduce((sum, body) => sum + body.split('"spanId"').length - 1, 0);
    t.ok(kept <= 4 * 2_048, `${kept} spans were kept of 20,000`);
  });
}

t.test("a collector that is not there holds up nothing either", async (t) => {
  const { tracing, log } = await open({ endpoint: "http://127.0.0.1:9" });
  for (let index = 0; index < 512; index += 1) tracing.begin("x", span).end();
  await stop(tracing);
  t.equal(log.records.filter(({ level }) => level > 40).length, 0);
});
