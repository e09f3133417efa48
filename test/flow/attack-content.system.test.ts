/**
 * Whatever somebody writes into a request: it is accepted or rejected with a 4xx, never a 5xx, and what is accepted arrives
 * in the table as it was sent.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import type { FastifyInstance } from "fastify";
import t from "tap";
import { loadEvent } from "../../shared/registration/event-definition.ts";
import { createRegistry } from "../../shared/process/metrics.ts";
import { decodePack } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { buildApp } from "../../web/app.ts";
import { createGroupCommit } from "../../web/queue/group-commit.ts";
import { createReceipts, parseReceiptKeys } from "../../shared/registration/receipts.ts";
import { recordLog } from "../equipment/recorded-log.ts";
import { sized } from "../equipment/run-length.ts";

/** Property-based requests, each all the way through parser, normalisation, validation, packing and receipt. */
const cases = sized(10_000, 100_000);
const timeout = 60_000 + cases * 3;
t.setTimeout(timeout);

const naughtyStrings = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("big-list-of-naughty-strings/blns.json"), "utf8"),
) as string[];

const queued: Registration[] = [];
const now = () => performance.now();
const log = recordLog();
const groupCommit = createGroupCommit({
  // The queue's end of the line: opens each pack as the worker does, so that a broken one would show.
  async send(body) {
    const { registrations, invalid } = decodePack(body);
    if (invalid.length > 0) throw new Error("the web tier packed what is no registration");
    queued.push(...registrations);
  },
  maxSendsInFlight: 4,
  maxWaiting: 10_000,
  maxWaitMs: 10_000,
  now,
});
const app: FastifyInstance = await buildApp({
  event: loadEvent("event.json"),
  groupCommit,
  receipts: createReceipts(parseReceiptKeys(`k:${Buffer.alloc(32, 7).toString("base64")}`)),
  statuses: { read: async () => ({ status: "pending" }) },
  readiness: { check: async () => true },
  registry: createRegistry("web"),
  logger: log.logger,
  backlog: { estimatedWaitSeconds: () => undefined, read: async () => undefined },
  limits: {
    shedWaitMs: 10_000,
    maxStatusReads: 1_000,
    maxEventLoopDelayMs: 10_000,
    rateLimitPerMinute: 0,
    requestTimeoutMs: 10_000,
    trustedProxies: [],
  },
  wallClock: Date.now,
  now,
  random: Math.random,
});
t.teardown(() => app.close());

async function post(payload: string | object, contentType = "application/json") {
  // `inject` alone never lets the event loop turn, and a loop that does not turn is shed.
  await setImmediate();
  return app.inject({ method: "POST", url: "/registrations", headers: { "content-type": contentType }, payload });
}

t.test("the big list of naughty strings in every field is accepted whole or rejected with a pointer", async (t) => {
  t.ok(naughtyStrings.length > 400);
  const places = {
    "/email": (text: string) => ({ email: text, name: "A" }),
    "/name": (text: string) => ({ email: "a@example.org", name: text }),
    "/answers/organisation": (text: string) => ({ email: "a@example.org", name: "A", answers: { organisation: text } }),
    "/answers/ticket": (text: string) => ({ email: "a@example.org", name: "A", answers: { ticket: text } }),
  };
  let accepted = 0;
  for (const [pointer, place] of Object.entries(places)) {
    for (const text of naughtyStrings) {
      const { statusCode, body } = await post(place(text));
      if (statusCode === 202) accepted += 1;
      else if (statusCode !== 400) t.fail(`${statusCode} for ${JSON.stringify(text)} at ${pointer}`);
      else {
        const { errors } = JSON.parse(body) as { errors: { pointer: string }[] };
        if (errors[0]?.pointer !== pointer) t.fail(`${body} for ${JSON.stringify(text)} at ${pointer}`);
      }
    }
  }
  t.ok(accepted > naughtyStrings.length, "most names and answers are fine as they are");
});

t.test(
  "text that is accepted arrives as it was sent: emoji, right-to-left, formulas and markup included",
  async (t) => {
    for (const name of [
      "😀 𝒜𝓃𝓃",
      "שלום",
      "=cmd|'/C calc'!A0",
      "<script>alert(1)</script>",
      "a\u202eb",
      "${7*7}",
      "' OR 1=1 --",
    ]) {
      queued.length = 0;
      const { statusCode } = await post({ email: "exact@example.org", name });
      t.equal(statusCode, 202, name);
      t.equal(queued[0]?.name, name);
    }
  },
);

const awkward = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "\u0000", "\ud800", "\uffff"),
  fc.constantFrom(...naughtyStrings),
);
const anyKey = fc.oneof(fc.constantFrom("email", "name", "answers", "guests", "ticket", "__proto__"), awkward);
const anything = fc.oneof(
  awkward,
  fc.jsonValue({ maxDepth: 4 }),
  fc.double(),
  fc.dictionary(anyKey, fc.oneof(awkward, fc.double(), fc.boolean()), { maxKeys: 6 }),
);
const email = fc.oneof(
  fc.emailAddress(),
  fc.constant("ok@example.org"),
  fc.tuple(awkward, awkward).map(([local, domain]) => `${local}@${domain}`),
  anything,
);
const answers = fc.oneof(
  fc.record({ ticket: fc.constantFrom("Both days", "No day"), guests: fc.oneof(fc.integer(), fc.double()) }),
  anything,
);
const payload = fc.oneof(
  { weight: 6, arbitrary: fc.record({ email, name: fc.oneof(fc.string(), anything), answers }, { requiredKeys: [] }) },
  { weight: 2, arbitrary: fc.dictionary(anyKey, anything, { maxKeys: 6 }) },
  { weight: 1, arbitrary: anything },
);
const request = fc.oneof(
  { weight: 8, arbitrary: payload.map((value) => [JSON.stringify(value) ?? "", "application/json"] as const) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "binary", maxLength: 500 }).map((text) => [text, "application/json"] as const),
  },
  {
    weight: 1,
    arbitrary: fc
      .dictionary(fc.oneof(anyKey, fc.constant("answers.guests")), fc.string())
      .map((form) => [new URLSearchParams(form).toString(), "application/x-www-form-urlencoded"] as const),
  },
);

t.test(`${cases} requests of any content: never a 5xx, and nothing rejected is queued`, { timeout }, async (t) => {
  const outcomes = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(request, async ([body, contentType]) => {
      const before = queued.length;
      const { statusCode } = await post(body, contentType);
      outcomes.set(statusCode, (outcomes.get(statusCode) ?? 0) + 1);
      const accepted = statusCode === 202 || statusCode === 303;
      if (statusCode >= 500) throw new Error(`status ${statusCode}`);
      if (queued.length - before !== (accepted ? 1 : 0)) throw new Error(`status ${statusCode}, queued all the same`);
      if (queued.length > 1_000) queued.length = 0;
    }),
    { numRuns: cases, endOnFailure: true },
  );
  t.comment([...outcomes].map(([status, count]) => `${status}: ${count}`).join(", "));
  t.ok((outcomes.get(202) ?? 0) > cases / 100, "enough of them were good ones");
  t.ok((outcomes.get(400) ?? 0) > cases / 10, "enough of them were bad ones");
  t.equal(log.records.filter((record) => record.level >= 50).length, 0, "no error was logged");
});
