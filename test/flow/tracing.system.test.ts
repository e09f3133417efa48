/** Traces of real tiers on the embedded engines, as a collector gets them. */
import { randomBytes } from "node:crypto";
import t from "tap";
import { eventually } from "../equipment/eventually.ts";
import { startStack } from "../equipment/running-stack.ts";
import { startTraceCollector, type ReceivedSpan } from "../equipment/trace-collector.ts";

t.setTimeout(240_000);

const name = "Zephyrine Quillfeather";
const traceId = randomBytes(16).toString("hex");
const callersSpan = randomBytes(8).toString("hex");

async function register(web: string, email: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${web}/registrations`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ email, name }),
  });
  const { receipt } = (await response.json()) as { receipt: string };
  return { status: response.status, receipt };
}

t.test("a registration is followed from its request through its pack to its row and its mail", async (t) => {
  const collector = await startTraceCollector(t);
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: "1" };
  const running = await startStack({ environment, mail: true });
  t.teardown(() => running.stop());
  const emails = Array.from({ length: 5 }, (_, index) => `quill-${index}@example.org`);
  const theirs = { traceparent: `00-${traceId}-${callersSpan}-01` };
  const accepted = await Promise.all(
    emails.map((email, index) => register(running.web, email, index > 0 ? {} : theirs)),
  );
  t.ok(accepted.every(({ status }) => status === 202));
  const refused = await fetch(`${running.web}/registrations`, { method: "POST" });
  t.equal(refused.status, 400);
  await eventually(async () => (await running.stored()).length === emails.length, "everybody is stored", 60_000);
  const rows = await running.stored();
  const named = (wanted: string) => collector.spans.filter((span) => span.name === wanted);
  await eventually(
    () => {
      const sent = named("mail").reduce((sum, { attributes }) => sum + Number(attributes["turnout.mails.sent"]), 0);
      return sent === emails.length;
    },
    "every mail's span arrived",
    60_000,
  );
  await running.stop();

  const spanOf = new Map(collector.spans.map((span) => [span.spanId, span]));
  const linked = ({ links }: ReceivedSpan, wanted: string) =>
    links.flatMap((id) => spanOf.get(id) ?? []).filter((span) => span.name === wanted);
  const posts = named("POST /registrations").filter(({ attributes }) => "turnout.registration.id" in attributes);
  t.equal(posts.length, emails.length);
  t.equal(named("POST /registrations").length, emails.length + 1, "the refused one as well");
  const sends = collector.spans.filter((span) => span.name.startsWith("send ") && span.service === "turnout-web");
  t.ok(sends.length >= 1 && sends.length <= emails.length, `${sends.length} packs`);
  const [queue = ""] = sends.map((span) => span.name.slice("send ".length));
  for (const row of rows) {
    const post = posts.find(({ attributes }) => attributes["turnout.registration.id"] === row.registrationId);
    t.match(post, { service: "turnout-web", parentSpanId: "", attributes: { "http.response.status_code": 202 } });
    t.equal(post?.attributes["http.route"], "/registrations");
    const [send] = post ? linked(post, `send ${queue}`) : [];
    t.ok(send, "the request is linked with the send of its pack");
    t.ok(send?.links.includes(post?.spanId ?? "?"), "and the other way round");
    const process = named(`process ${queue}`).find((span) => span.parentSpanId === send?.spanId);
    t.match(process, { service: "turnout-worker", traceId: send?.traceId, links: [send?.spanId] });
    t.equal(process?.attributes["turnout.message.finished"], true);
    const stores = named("store").filter(({ attributes }) =>
      (attributes["turnout.registration.ids"] as string[]).includes(row.registrationId),
    );
    t.ok(
      stores.some(({ parentSpanId, links }) => [parentSpanId, ...links].includes(process?.spanId ?? "?")),
      "its row was written in the span of its message",
    );
    const mailSends = collector.spans.filter(
      (span) => span.name.startsWith("send ") && span.links.includes(process?.spanId ?? "?"),
    );
    t.ok(mailSends.length >= 1, "its mail was ordered from the span of its message");
  }
  for (const mail of named("mail")) t.match(spanOf.get(mail.parentSpanId)?.name, /^process /);

  t.equal(posts.filter(({ links }) => links.includes(callersSpan)).length, 1, "a caller's own trace is linked");
  t.ok(
    collector.spans.every((span) => span.traceId !== traceId),
    "and decides nothing",
  );
  const told = collector.bodies.join();
  for (const secret of ["quill-", "example.org", "Zephyrine", ...accepted.map(({ receipt }) => receipt)])
    t.notOk(told.includes(secret), `control of what is told: ${secret}`);
});

t.test("without an endpoint nothing is traced, and a collector that never answers holds up nothing", async (t) => {
  const silent = await startTraceCollector(t);
  silent.answer(undefined);
  for (const environment of [
    { OTEL_TRACES_SAMPLER_ARG: "1" },
    { OTEL_TRACES_SAMPLER_ARG: "1", OTEL_EXPORTER_OTLP_ENDPOINT: silent.url },
  ]) {
    const lines: string[] = [];
    const running = await startStack({ environment, reporter: { line: (_name, line) => lines.push(line) } });
    t.teardown(() => running.stop());
    t.equal((await register(running.web, "one@example.org")).status, 202);
    await eventually(async () => (await running.stored()).length === 1, "the registration is stored", 60_000);
    await running.stop();
    t.equal(silent.bodies.length > 0, "OTEL_EXPORTER_OTLP_ENDPOINT" in environment);
    t.notOk(
      lines.some((line) => line.includes('"clean":false') || line.includes("took too long")),
      "both stopped in time",
    );
  }
});
