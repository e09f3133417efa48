import type { Message } from "@aws-sdk/client-sqs";
import type { Registration } from "../../shared/registration/registration.ts";
import type { Span, SpanOptions, Tracing } from "../../shared/tracing/tracing.ts";
import type { RegistrationsTable } from "../../worker/registrations-table.ts";
import type { RegistrationWriter } from "../../worker/registration-writer.ts";
import { createWorkerTraces } from "../../worker/worker-traces.ts";
import { t } from "../equipment/file-test.ts";
import { people } from "../equipment/people.ts";

interface NotedSpan {
  readonly name: string;
  readonly parent: string | undefined;
  readonly links: readonly string[];
  readonly attributes: Record<string, unknown>;
  ended: boolean;
}

/** Spans that are only written down; each one's `traceparent` is its name and number. */
function noteTracing() {
  const noted: NotedSpan[] = [];
  function begin(name: string, { parent, links = [], attributes = {} }: SpanOptions, from?: string): Span {
    const traceparent = `${name}/${noted.length}`;
    const linked = links.map((link) => (typeof link === "string" ? link : link.traceparent));
    const span: NotedSpan = {
      name,
      parent: from ?? parent?.traceparent,
      links: linked,
      attributes: { ...attributes },
      ended: false,
    };
    noted.push(span);
    return {
      traceparent,
      link: () => {},
      set: (more) => void Object.assign(span.attributes, more),
      fail: (type) => void Object.assign(span.attributes, { failed: type }),
      end: () => (span.ended = true),
    };
  }
  const tracing: Tracing = {
    sample: begin,
    begin: (name, options) => begin(name, options),
    follow: (traceparent, name, options) => (traceparent === undefined ? undefined : begin(name, options, traceparent)),
    part: { name: "traces" },
  };
  return { tracing, noted };
}

const queueUrl = "https://sqs.eu-central-1.amazonaws.com/123456789012/cell-Queue";

function messageOf(traceparent?: string): Message {
  return {
    MessageId: "m",
    ...(traceparent !== undefined && {
      MessageAttributes: { traceparent: { DataType: "String", StringValue: traceparent } },
    }),
  };
}

const stored = { kind: "stored", fresh: true, triedAt: 0 } as const;

/** A worker whose table writes what two messages hold in one call, as its writer does. */
function prepare() {
  const { tracing, noted } = noteTracing();
  const traces = createWorkerTraces(tracing);
  const waiting: { readonly registrations: readonly Registration[]; done(): void }[] = [];
  const table = traces.ofWrites(
    { insert: async (all: readonly Registration[]) => all.map(() => stored) } as unknown as RegistrationsTable,
    "registrations",
  );
  const writer = traces.ofRegistrations({
    writeAll(registrations: readonly Registration[]) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ registrations, done: resolve });
      return promise.then(() => registrations.map(() => ({ kind: "stored" as const })));
    },
  } as unknown as RegistrationWriter);
  const process = (message: Message, registrations: readonly Registration[]) =>
    traces.ofMessages(queueUrl, async () => {
      await writer.writeAll(registrations, Infinity);
      return true;
    })(message);
  async function writeTogether(): Promise<void> {
    await table.insert(waiting.flatMap(({ registrations }) => [...registrations]));
    for (const { done } of waiting.splice(0)) done();
  }
  return { traces, noted, process, writeTogether };
}

t.test("a write that merges messages is within the first one's span and linked with the others", async (t) => {
  const { noted, process, writeTogether } = prepare();
  const [one, two, three] = [people(2), people(3), people(1)];
  const done = [process(messageOf("a"), one), process(messageOf(), two), process(messageOf("b"), three)];
  await writeTogether();
  t.strictSame(await Promise.all(done), [true, true, true]);
  const [first, second, store, ...others] = noted;
  t.match(
    [first, second],
    [
      { name: "process cell-Queue", parent: "a" },
      { name: "process cell-Queue", parent: "b" },
    ],
  );
  t.match(store, {
    name: "store",
    parent: "process cell-Queue/0",
    links: ["process cell-Queue/1"],
    attributes: { "db.operation.batch.size": 6, "turnout.rows.stored": 6 },
  });
  t.strictSame(
    store?.attributes["turnout.registration.ids"],
    [...one, ...two, ...three].map(({ id }) => id),
  );
  t.equal(others.length, 0);
  t.ok(noted.every(({ ended }) => ended));
  t.notMatch(JSON.stringify(noted), /@/, "no address");
});

t.test("a write of messages that are not traced is no span", async (t) => {
  const { traces, noted, process, writeTogether } = prepare();
  const done = process(messageOf(), people(2));
  await writeTogether();
  t.equal(await done, true);
  t.strictSame(noted, []);
  t.equal(traces.current(), undefined);
});

t.test("a call of SES is within the span of its message, with a count and without an address", async (t) => {
  const { traces, noted } = prepare();
  const sender = traces.ofMails({ send: async (_kind, _language, mails) => mails.map(() => ({ kind: "untried" })) });
  const mails = [{ email: "ann@example.org", link: "https://x", reference: "W7K3-M9XA" }];
  const send = async () => {
    await sender.send("confirmed", "de", mails, () => true);
    return false;
  };
  await traces.ofMessages(queueUrl, send)(messageOf("m"));
  t.match(noted, [
    { parent: "m", attributes: { "turnout.message.finished": false } },
    { name: "mail", parent: "process cell-Queue/0", attributes: { "turnout.mails": 1, "turnout.mails.sent": 0 } },
  ]);
  t.notMatch(JSON.stringify(noted), /ann|W7K3/);
  await sender.send("confirmed", "de", mails, () => true);
  t.equal(noted.length, 2, "outside of a traced message there is no span");
});
