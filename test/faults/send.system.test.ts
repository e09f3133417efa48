/** Faults between the web tier and SQS: nobody is told "accepted" unless SQS confirmed the pack, and no pack is too large. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { decodePack, maxPackBytes, maxPackRegistrations } from "../../shared/registration/registration-pack.ts";
import { eventually, stretched } from "../equipment/eventually.ts";
import { startEngines, type Cell } from "./cell.ts";
import { peopleIn } from "./exchange.ts";
import { expectStored } from "./expect-stored.ts";
import { accessDenied, internalError, throttling, type Fault } from "./fault.ts";
import { outcomeOf } from "../../load/run/registration-client.ts";
import type { Submission } from "../../shared/registration/submission-schema.ts";
import { createInstancesClient } from "./instances-client.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;
const client = createInstancesClient();
t.teardown(() => client.close());

const sendTimeoutMs = 500;
const sendAttempts = 2;
const bounded = { SEND_TIMEOUT_MS: String(sendTimeoutMs), SEND_ATTEMPTS: String(sendAttempts) };

function registrationOf({ email, name, answers = {} }: Submission, key: string) {
  return { id: registrationId(key, email), email, name, answers: { ...answers } };
}

async function drainInto(cell: Cell): Promise<void> {
  await cell.startTier("worker");
  await cell.drained();
}

t.test("a send whose answer is lost after SQS accepted is sent twice by the SDK, and counts once", async (t) => {
  // Long enough for a busy machine: what is lost here is seen at once.
  const cell = await engines.createCell({ environment: { ...bounded, SEND_TIMEOUT_MS: "15000" } });
  t.teardown(() => cell.close());
  const web = await cell.startTier("web");
  cell.sqsProxy.inject({ kind: "lost-answer", actions: ["SendMessage"], times: 1 });
  const submission = { email: "twice@example.org", name: "Sent Twice" };
  t.equal((await client.post(web.url, submission, "twice")).status, 202);
  t.equal((await cell.counts()).waiting, 2, "SQS holds the pack under two message ids");
  await drainInto(cell);
  await expectStored(t, cell, [registrationOf(submission, "twice")]);
});

t.test("a send whose answer never comes is answered 503, and the retry of it counts once", async (t) => {
  const cell = await engines.createCell({ environment: bounded });
  t.teardown(() => cell.close());
  const web = await cell.startTier("web");
  const withheld = cell.sqsProxy.inject({ kind: "withheld-answer", actions: ["SendMessage"] });
  const submission = { email: "unsure@example.org", name: "Nobody Knows" };
  const reply = await client.post(web.url, submission, "unsure");
  t.match(reply, { status: 503, code: "TURNOUT_ENQUEUE_FAILED" });
  t.equal(outcomeOf(reply), "unknown", "which promises nothing, either way");
  withheld.lift();
  await eventually(async () => (await client.post(web.url, submission, "unsure")).status === 202, "SQS answers again");
  await drainInto(cell);
  await expectStored(t, cell, [registrationOf(submission, "unsure")]);
});

const rejections: readonly { name: string; fault: Fault }[] = [
  { name: "takes the send and never answers", fault: { kind: "black-hole" } },
  { name: "resets the connection", fault: { kind: "cut" } },
  { name: "confirms another body than the one sent (wrong MD5)", fault: { kind: "wrong-md5" } },
  { name: "answers 500", fault: internalError },
  { name: "throttles", fault: throttling },
  { name: "denies access", fault: accessDenied("sqs:SendMessage", "the queue") },
];

t.test("an SQS that does not confirm", async (t) => {
  const cell = await engines.createCell({ environment: bounded });
  t.teardown(() => cell.close());
  const web = await cell.startTier("web");
  for (const { name, fault } of rejections) {
    t.test(
      `while SQS ${name}, everybody is answered 503 in bounded time, and 202 as soon as it is mended`,
      async (t) => {
        cell.sqsProxy.inject({ ...fault, actions: ["SendMessage"] });
        const began = performance.now();
        const replies = await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            client.post(web.url, { email: `refused-${index}@example.org`, name: "Refused" }, `key-${index}`),
          ),
        );
        const tookMs = performance.now() - began;
        t.same(new Set(replies.map(({ status }) => status)), new Set([503]));
        // A first send of one, and after it a second of all who came meanwhile.
        t.ok(tookMs < stretched(2 * sendAttempts * sendTimeoutMs + 8_000), `after ${Math.round(tookMs)} ms`);
        cell.heal();
        const submission = { email: "mended@example.org", name: "Mended" };
        await eventually(async () => (await client.post(web.url, submission, "mended")).status === 202, "it is mended");
      },
    );
  }

  t.test("a 503 tells when to come back", async (t) => {
    cell.sqsProxy.inject({ kind: "cut", actions: ["SendMessage"] });
    const response = await fetch(`${web.url}/registrations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: "later@example.org", name: "Later" }),
    });
    t.equal(response.status, 503);
    t.ok(Number(response.headers.get("retry-after")) >= 1);
    t.equal(response.headers.get("content-type"), "application/problem+json; charset=utf-8");
  });
});

t.test("a pack is closed before 64 KiB and before 250 registrations, however large the answers are", async (t) => {
  const folder = t.testdir();
  const eventFile = join(folder, "event.json");
  // In all as much as an event may ask for.
  const lengths = { one: 500, two: 500, three: 2_000, four: 2_000 };
  const essays = Object.entries(lengths).map(([id, maxLength]) => ({ id, type: "text", label: id, maxLength }));
  writeFileSync(
    eventFile,
    JSON.stringify({
      name: "Essays",
      description: "",
      opensAt: "2020-01-01T00:00:00Z",
      closesAt: "2120-01-01T00:00:00Z",
      timeZone: "UTC",
      fields: essays,
    }),
  );
  const cell = await engines.createCell({
    environment: { EVENT_FILE: eventFile, SENDS_IN_FLIGHT: "1", SEND_TIMEOUT_MS: "30000" },
  });
  t.teardown(() => cell.close());
  const web = await cell.startTier("web");
  const sizes: { bytes: number; count: number }[] = [];
  async function sendAll(submissions: readonly Submission[]): Promise<void> {
    const first = cell.sqsProxy.arrivalOf("request", { actions: ["SendMessage"] });
    const replies = submissions.map((submission) =>
      client.post(web.url, submission, `key of ${submission.email}`.replaceAll(" ", "-")),
    );
    // The first is held, so that the others gather behind it.
    const held = await first;
    const underWay = peopleIn(held.exchange);
    await eventually(
      async () => (await web.metric("turnout_registrations_waiting")) === submissions.length - underWay,
      "a line",
    );
    held.proceed();
    t.same(new Set((await Promise.all(replies)).map(({ status }) => status)), new Set([202]));
  }
  // Each a few kilobytes, of characters that take four bytes in UTF-8 and twelve where they are escaped.
  const essay = "🎟".repeat(240);
  const long = Array.from({ length: 40 }, (_, index) => ({
    email: `essay-${index}@example.org`,
    name: "Essayist",
    answers: { one: essay, two: essay, three: "x".repeat(2_000), four: "ÿ".repeat(2_000) },
  }));
  const short = Array.from({ length: 600 }, (_, index) => ({ email: `s${index}@example.org`, name: "S" }));
  await sendAll(long);
  await sendAll(short);
  for (const body of await cell.bodies()) {
    sizes.push({ bytes: Buffer.byteLength(body), count: decodePack(body).registrations.length });
  }
  t.equal(
    sizes.reduce((sum, { count }) => sum + count, 0),
    640,
  );
  t.ok(Math.max(...sizes.map(({ bytes }) => bytes)) <= maxPackBytes, "no body is above the limit");
  t.equal(Math.max(...sizes.map(({ count }) => count)), maxPackRegistrations, "and some are full");
  t.ok(
    sizes.some(({ bytes, count }) => bytes > maxPackBytes * 0.7 && count < 10),
    "some by their bytes",
  );
  await drainInto(cell);
  await expectStored(
    t,
    cell,
    [...long, ...short].map((submission) => registrationOf(submission, `key-of-${submission.email}`)),
  );
});

t.test(
  "text comes through as it was sent: emoji, combining marks, NUL and lone surrogates rejected on input",
  async (t) => {
    const cell = await engines.createCell();
    t.teardown(() => cell.close());
    const web = await cell.startTier("web");
    const fine = ["🧑‍🚀 Åsa", "e\u0301 and é", "ﷺ", "\u{10ffff}", "\ufffd", '"\\/', "<b>&amp;"];
    const refused = ["nul \0", "lone \ud800 high", "lone \udfff low", "\ufffe", "\uffff", "esc \u001b[31m"];
    const accepted: Submission[] = [];
    for (const [index, name] of fine.entries()) {
      const submission = { email: `fine-${index}@example.org`, name, answers: { organisation: `${name}\n${name}` } };
      t.equal((await client.post(web.url, submission, `fine-${index}`)).status, 202, JSON.stringify(name));
      accepted.push(submission);
    }
    for (const [index, name] of refused.entries()) {
      const reply = await client.post(web.url, { email: `refused-${index}@example.org`, name }, `refused-${index}`);
      t.match(reply, { status: 400, code: "TURNOUT_REGISTRATION_INVALID" }, JSON.stringify(name));
    }
    await drainInto(cell);
    await expectStored(
      t,
      cell,
      accepted.map((submission, index) => registrationOf(submission, `fine-${index}`)),
    );
  },
);
