import { t } from "../../equipment/file-test.ts";
import { stretched } from "../../equipment/eventually.ts";
import { sqsLimits } from "../../../shared/aws/aws-limits.ts";
import { encodePack, maxPackBytes } from "../../../shared/registration/registration-pack.ts";
import type { Span, Tracing } from "../../../shared/tracing/tracing.ts";
import { createPackSender } from "../../../web/queue/pack-sender.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";
import { people, somebody } from "../../equipment/people.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

const region = "eu-central-1";

async function prepare(options: { requestTimeoutMs?: number; maxAttempts?: number } = {}) {
  const { url } = await engines.createQueue();
  const before = engines.sqsProxy.callsOf("SendMessage").length;
  return {
    send: createPackSender(engines.createSqs({ region, requestTimeoutMs: 20_000, maxAttempts: 2, ...options }), url),
    sends: () => engines.sqsProxy.callsOf("SendMessage").length - before,
    take: () => engines.take(url),
  };
}

t.test("a pack arrives byte for byte, with the number of people in it, before the send resolves", async (t) => {
  const { send, take } = await prepare();
  const body = encodePack([somebody({ name: "Zoë 𝒵 🎟️ \u2028 ü" }), ...people(2)]);
  await send(body, 3);
  const [message, ...more] = await take();
  t.equal(message?.Body, body);
  t.match(message?.MessageAttributes, { count: { DataType: "Number", StringValue: "3" } });
  t.equal(more.length, 0);
});

/** A trace that is only written down. */
function noteSpans() {
  const notes: string[] = [];
  const traceparent = `00-${"4b".repeat(16)}-${"a7".repeat(8)}-01`;
  const spanOf = (name: string): Span => ({
    traceparent,
    link: (other) => notes.push(`${name} is linked with ${other === send ? "the send" : "another"}`),
    set: () => {},
    fail: (type) => notes.push(`${name} failed: ${type}`),
    end: () => notes.push(`${name} ended`),
  });
  const send = spanOf("send");
  const tracing: Tracing = {
    sample: () => undefined,
    begin: (name, { links = [] }) => {
      notes.push(`${name} begins, linked with ${links.length}`);
      return send;
    },
    follow: () => undefined,
    part: { name: "traces" },
  };
  return { tracing, spans: [spanOf("first"), spanOf("second")], notes, traceparent };
}

t.test("a pack with traced registrations carries their trace beside its count, and any other is as ever", async (t) => {
  const { tracing, spans, notes, traceparent } = noteSpans();
  const { url } = await engines.createQueue();
  const sqs = engines.createSqs({ region, requestTimeoutMs: 20_000, maxAttempts: 1 });
  const body = encodePack(people(2));
  await createPackSender(sqs, url, tracing)(body, 2, spans);
  const [traced] = await engines.take(url);
  t.equal(traced?.Body, body);
  t.match(traced?.MessageAttributes, {
    count: { DataType: "Number", StringValue: "2" },
    traceparent: { DataType: "String", StringValue: traceparent },
  });
  t.strictSame(notes, [
    `send ${url.slice(url.lastIndexOf("/") + 1)} begins, linked with 2`,
    "first is linked with the send",
    "second is linked with the send",
    "send ended",
  ]);
  const bytes = Object.entries(traced?.MessageAttributes ?? {}).map(
    ([name, { DataType = "", StringValue = "" }]) => name.length + DataType.length + StringValue.length,
  );
  t.ok(bytes.reduce((sum, more) => sum + more) <= sqsLimits.billingUnitBytes - maxPackBytes, "within what is reserved");

  await createPackSender(sqs, url, tracing)(body, 2, undefined);
  await createPackSender(sqs, url)(body, 2, spans);
  const untraced = [...(await engines.take(url)), ...(await engines.take(url))];
  t.equal(untraced.length, 2);
  for (const { MessageAttributes: attributes } of untraced) t.strictSame(Object.keys(attributes ?? {}), ["count"]);
});

t.test("a traced send that fails says so, and fails as ever", async (t) => {
  const { tracing, spans, notes } = noteSpans();
  const { url } = await engines.createQueue();
  engines.sqsProxy.intervene(() => awsError("AccessDenied", "injected", 403));
  const send = createPackSender(engines.createSqs({ region, requestTimeoutMs: 20_000, maxAttempts: 1 }), url, tracing);
  await t.rejects(send(encodePack(people(1)), 1, spans));
  t.match(notes.slice(-2), [/^send failed: \w+$/, "send ended"]);
});

t.test("an answer with the wrong checksum is no confirmation", async (t) => {
  const { send } = await prepare();
  engines.sqsProxy.intervene(({ operation }) =>
    operation === "SendMessage" ? { alter: (answer) => ({ ...answer, MD5OfMessageBody: "0".repeat(32) }) } : undefined,
  );
  await t.rejects(send(encodePack(people(1)), 1), { message: "InvalidChecksumError" });
});

t.test("a transient server error is tried again, and the pack stands on the queue once", async (t) => {
  const { send, sends, take } = await prepare();
  let failures = 1;
  engines.sqsProxy.intervene(() => (failures-- > 0 ? awsError("InternalFailure", "injected", 500) : undefined));
  await send(encodePack(people(1)), 1);
  t.equal(sends(), 2);
  t.equal((await take()).length, 1);
});

t.test("an answer that is lost makes the same pack be sent again, which its ids make harmless", async (t) => {
  const { send, take } = await prepare();
  engines.sqsProxy.intervene(({ operation }) => {
    if (operation !== "SendMessage") return undefined;
    engines.calm();
    return "lose the answer";
  });
  const body = encodePack(people(2));
  await send(body, 2);
  const messages = await take();
  t.same(
    messages.map((message) => message.Body),
    [body, body],
  );
});

t.test("an endpoint that takes the request and never answers is given up within its bound", async (t) => {
  const { send } = await prepare({ requestTimeoutMs: 200, maxAttempts: 2 });
  engines.sqsProxy.intervene(() => "swallow");
  const startedAt = performance.now();
  await t.rejects(send(encodePack(people(1)), 1), { name: "TimeoutError" });
  const tookMs = performance.now() - startedAt;
  t.ok(
    tookMs > 350 && tookMs < stretched(8_000),
    `two attempts of 200 ms and a short pause took ${Math.round(tookMs)} ms`,
  );
});

t.test("denied access is no confirmation and is not tried again", async (t) => {
  const { send, sends, take } = await prepare();
  engines.sqsProxy.intervene(({ operation }) =>
    operation === "SendMessage" ? awsError("AccessDenied", "no", 403) : undefined,
  );
  await t.rejects(send(encodePack(people(1)), 1), { name: "AccessDenied" });
  t.equal(sends(), 1);
  t.equal((await take()).length, 0);
});

t.test("a connection that is cut every time ends as a failure", async (t) => {
  const { send, sends } = await prepare();
  engines.sqsProxy.intervene(({ operation }) => (operation === "SendMessage" ? "cut" : undefined));
  await t.rejects(send(encodePack(people(1)), 1));
  t.equal(sends(), 2);
});
