import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { getEventListeners, once } from "node:events";
import { connect, type Socket } from "node:net";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { eventually, stretched } from "../../equipment/eventually.ts";
import { createDocumentClient, createSqsClient } from "../../../shared/aws/aws-clients.ts";
import { answer, endpoint } from "./raw-endpoint.ts";

process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";

/** Short, where an answer never comes. */
const requestTimeoutMs = 400;
/** Long enough for an answer that does come, on a busy machine too. */
const longTimeoutMs = 1_500;
const body = "a pack";
const send = new SendMessageCommand({
  QueueUrl: "https://sqs.eu-central-1.amazonaws.com/1/registrations",
  MessageBody: body,
});
const get = new GetCommand({ TableName: "registrations", Key: { email: "ada@example.org" } });

const md5 = createHash("md5").update(body).digest("hex");
const confirmation = answer({ MessageId: "1", MD5OfMessageBody: md5 });

function sqsClient(test: Test, url: string, timeoutMs: number, maxAttempts = 1) {
  process.env.AWS_ENDPOINT_URL_SQS = url;
  const client = createSqsClient({ region: "eu-central-1", requestTimeoutMs: timeoutMs, maxAttempts });
  test.teardown(() => client.destroy());
  return client;
}

/** @returns a listener whose process is stopped and whose backlog is full, so that a further connection is never made */
async function startStoppedListener(test: Test): Promise<{ url: string }> {
  const script = `require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 },
    function () { console.log(this.address().port); });`;
  const listener = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(listener.stdout, "data")) as [Buffer];
  listener.kill("SIGSTOP");
  const waiting = Array.from({ length: 8 }, () => connect(Number(port), "127.0.0.1").on("error", () => {}));
  test.teardown(() => {
    for (const socket of waiting) socket.destroy();
    listener.kill("SIGKILL");
  });
  await eventually(
    () => waiting.some(({ connecting }) => !connecting),
    "the first connections, which fill its backlog",
  );
  return { url: `http://127.0.0.1:${Number(port)}` };
}

async function failureOf(call: Promise<unknown>): Promise<{ error: { name: string }; tookMs: number }> {
  const begun = performance.now();
  try {
    await call;
  } catch (error) {
    return { error: error as { name: string }, tookMs: performance.now() - begun };
  }
  throw new Error("it was confirmed");
}

const silences: [name: string, react: (socket: Socket) => void][] = [
  ["is never answered", () => {}],
  [
    "has an answer that stops after its head",
    (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"),
  ],
  [
    "has an answer that comes in drops",
    (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 9999\r\n\r\n{");
      const drops = setInterval(() => socket.write(" "), 20);
      socket.on("close", () => clearInterval(drops));
    },
  ],
];

for (const [name, react] of silences) {
  t.test(`a call that ${name} ends with a time-out in its bound`, async (t) => {
    const { url } = await endpoint(t, react);
    const { error, tookMs } = await failureOf(sqsClient(t, url, requestTimeoutMs).send(send));
    t.equal(error.name, "TimeoutError");
    t.ok(tookMs >= requestTimeoutMs * 0.8, `took ${tookMs.toFixed(0)} ms`);
    t.ok(tookMs < stretched(requestTimeoutMs + 3_000), `took ${tookMs.toFixed(0)} ms`);
  });
}

t.test("a table that stalls in the middle of its answer is bounded too", async (t) => {
  const { url } = await endpoint(t, silences[1]![1]);
  process.env.AWS_ENDPOINT_URL_DYNAMODB = url;
  const documents = createDocumentClient({ region: "eu-central-1", requestTimeoutMs, maxAttempts: 1 });
  t.teardown(() => documents.destroy());
  const { error } = await failureOf(documents.send(get));
  t.equal(error.name, "TimeoutError");
});

t.test("a time-out in the middle of an answer is tried again, as often as was asked for", async (t) => {
  const stall = await endpoint(t, silences[1]![1]);
  await failureOf(sqsClient(t, stall.url, requestTimeoutMs, 2).send(send));
  t.equal(stall.requests.length, 2);

  const mended = await endpoint(t, (socket, attempt) =>
    attempt === 1 ? silences[1]![1](socket) : socket.write(confirmation),
  );
  const { MessageId, $metadata } = await sqsClient(t, mended.url, longTimeoutMs, 2).send(send);
  t.equal(MessageId, "1");
  t.equal($metadata.attempts, 2);
});

t.test("an answer that is cut off is none, and the call is tried again", async (t) => {
  const cut = confirmation.slice(0, -5);
  const { url, requests } = await endpoint(t, (socket, attempt) => {
    if (attempt === 1) socket.end(cut);
    else socket.write(confirmation);
  });
  const { MessageId } = await sqsClient(t, url, longTimeoutMs, 2).send(send);
  t.equal(MessageId, "1");
  t.equal(requests.length, 2);
});

t.test("an answer in many pieces is read whole", async (t) => {
  const { url } = await endpoint(t, (socket) => {
    const pieces = confirmation.match(/.{1,20}/gs) ?? [];
    const sending = setInterval(() => {
      const piece = pieces.shift();
      if (piece === undefined) clearInterval(sending);
      else socket.write(piece);
    }, 2);
  });
  const { MessageId } = await sqsClient(t, url, longTimeoutMs).send(send);
  t.equal(MessageId, "1");
});

t.test("a connection that is not made in its time is a time-out, well before that of the answer", async (t) => {
  const listener = await startStoppedListener(t);
  const client = createSqsClient({
    region: "eu-central-1",
    endpoint: listener.url,
    requestTimeoutMs: 60_000,
    connectionTimeoutMs: requestTimeoutMs,
    maxAttempts: 1,
  });
  t.teardown(() => client.destroy());
  const { error, tookMs } = await failureOf(client.send(send));
  t.match(error, { name: "TimeoutError", message: /no connection within/ });
  t.ok(tookMs < stretched(requestTimeoutMs + 3_000), `took ${tookMs.toFixed(0)} ms`);
});

t.test("a call that is given up ends at once, is not repeated, and leaves nothing on its signal", async (t) => {
  const { url, requests } = await endpoint(t, (socket, attempt) => {
    if (attempt > 1) socket.write(confirmation);
  });
  const client = sqsClient(t, url, 60_000, 3);
  const giveUp = new AbortController();
  const call = failureOf(client.send(send, { abortSignal: giveUp.signal }));
  await eventually(() => requests.length, "the request");
  t.equal(getEventListeners(giveUp.signal, "abort").length, 1);
  giveUp.abort();
  const { error } = await call;
  t.equal(error.name, "AbortError");
  t.equal(requests.length, 1);
  t.equal((await failureOf(client.send(send, { abortSignal: giveUp.signal }))).error.name, "AbortError");
  t.equal(requests.length, 1, "what was given up before is not sent");

  const { signal } = new AbortController();
  await client.send(send, { abortSignal: signal });
  t.same(getEventListeners(signal, "abort"), []);
});

t.test("a confirmation with the wrong checksum is none", async (t) => {
  const wrong = answer({ MessageId: "1", MD5OfMessageBody: createHash("md5").update("else").digest("hex") });
  const { url } = await endpoint(t, (socket) => socket.write(wrong));
  t.match((await failureOf(sqsClient(t, url, longTimeoutMs).send(send))).error, { message: /checksum|md5/i });
});

t.test("one connection serves many calls, and the time-outs of calls that are done stop nothing", async (t) => {
  const seen = await endpoint(t, (socket) => socket.write(confirmation));
  const client = sqsClient(t, seen.url, longTimeoutMs);
  const until = performance.now() + 1.5 * longTimeoutMs;
  let calls = 0;
  while (performance.now() < until || calls < 10) {
    await client.send(send);
    calls += 1;
  }
  t.equal(seen.requests.length, calls);
  t.equal(seen.connections, 1);
});

t.test("the queue's URL names the queue; where it is asked is the endpoint's business", async (t) => {
  const seen = await endpoint(t, (socket) => socket.write(confirmation));
  await sqsClient(t, seen.url, longTimeoutMs).send(send);
  t.match(seen.requests[0], /"QueueUrl":"https:\/\/sqs\.eu-central-1\.amazonaws\.com\/1\/registrations"/);
});

t.test("the table is asked with plain values, undefined ones left out", async (t) => {
  const seen = await endpoint(t, (socket) =>
    socket.write(answer({ Item: { email: { S: "ada@example.org" }, guests: { N: "2" } } })),
  );
  process.env.AWS_ENDPOINT_URL_DYNAMODB = seen.url;
  const documents = createDocumentClient({
    region: "eu-central-1",
    requestTimeoutMs: longTimeoutMs,
    maxAttempts: 1,
  });
  t.teardown(() => documents.destroy());
  const { Item } = await documents.send(get);
  t.same(Item, { email: "ada@example.org", guests: 2 });
});

t.test("an endpoint given outright is asked in place of the variables' one", async (t) => {
  const [given, variable] = [
    await endpoint(t, (socket) => socket.write(confirmation)),
    await endpoint(t, (socket) => socket.write(confirmation)),
  ];
  process.env.AWS_ENDPOINT_URL_SQS = variable.url;
  const client = createSqsClient({
    region: "eu-central-1",
    requestTimeoutMs: longTimeoutMs,
    maxAttempts: 1,
    endpoint: given.url,
  });
  t.teardown(() => client.destroy());
  await client.send(send);
  t.same([given.requests.length, variable.requests.length], [1, 0]);
});

t.test("more calls than sockets wait for each other, and none is told that the endpoint does not answer", async (t) => {
  const answerMs = 1_000;
  const seen = await endpoint(t, (socket) => void setTimeout(() => socket.write(confirmation), answerMs));
  process.env.AWS_ENDPOINT_URL_SQS = seen.url;
  // Longer than it takes to connect, shorter than three answers, for which the last calls wait.
  const client = createSqsClient({
    region: "eu-central-1",
    requestTimeoutMs: 30_000,
    maxAttempts: 1,
    connectionTimeoutMs: 2_000,
  });
  t.teardown(() => client.destroy());
  const calls = await Promise.allSettled(Array.from({ length: 1_000 }, () => client.send(send)));
  t.same(
    calls.filter(({ status }) => status === "rejected"),
    [],
  );
  t.ok(seen.connections <= 256, `${seen.connections} connections`);
});
