import { createHash, createHmac } from "node:crypto";
import type { Socket } from "node:net";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { createSqsClient, type ClientOptions } from "../../../shared/aws/aws-clients.ts";
import { answer, endpoint } from "./raw-endpoint.ts";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const requestTimeoutMs = 1_500;

const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex");
const messageOf = (body: string) => ({
  QueueUrl: "https://sqs.eu-central-1.amazonaws.com/1/registrations",
  MessageBody: body,
  MessageAttributes: { count: { DataType: "Number", StringValue: "1" } },
});
const send = (body: string) => new SendMessageCommand(messageOf(body));
const confirmationOf = (body: string) => answer({ MessageId: "1", MD5OfMessageBody: digest("md5", body) });

interface Request {
  readonly head: Readonly<Record<string, string>>;
  readonly body: string;
}

function parse(text: string): Request {
  const end = text.indexOf("\r\n\r\n");
  const lines = text.slice(0, end).split("\r\n").slice(1);
  const head = lines.map((line) => [
    line.slice(0, line.indexOf(":")).toLowerCase(),
    line.slice(line.indexOf(":") + 1).trim(),
  ]);
  return { head: Object.fromEntries(head) as Record<string, string>, body: text.slice(end + 4) };
}

/**
 * Signature Version 4, by its description
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */
function isSigned({ head, body }: Request, secret: string): boolean {
  const pattern = /Credential=[^/]+\/((\d+)\/([^/]+)\/([^/]+)\/aws4_request), SignedHeaders=([^,]+), Signature=(\w+)/;
  const [, scope = "", date = "", region = "", service = "", names = "", signature] =
    pattern.exec(head.authorization ?? "") ?? [];
  const signed = names.split(";").map((name) => `${name}:${head[name]}`);
  const canonical = ["POST", "/", "", ...signed, "", names, digest("sha256", body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", head["x-amz-date"], scope, digest("sha256", canonical)].join("\n");
  const keyed = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(keyed, `AWS4${secret}`);
  return createHmac("sha256", key).update(toSign).digest("hex") === signature;
}

/** @param react to the calls after the first, which the SDK makes */
async function start(
  test: Test,
  react: (socket: Socket, attempt: number) => void,
  options: Partial<ClientOptions> = {},
) {
  const seen = await endpoint(test, (socket, attempt) => {
    if (attempt === 1) socket.write(confirmationOf("first"));
    else react(socket, attempt);
  });
  const client = createSqsClient({
    region: "eu-central-1",
    endpoint: seen.url,
    requestTimeoutMs,
    maxAttempts: 1,
    credentials,
    prepared: ["SendMessageCommand"],
    ...options,
  });
  test.teardown(() => client.destroy());
  await client.send(send("first"));
  return { client, requests: () => seen.requests.map(parse) };
}

const confirm = (body: string) => (socket: Socket) => void socket.write(confirmationOf(body));

/** Of each request alone: the SDK numbers its own, which have no other meaning. */
const ownToEach =
  /^(content-length|x-amz-date|authorization|x-amz-content-sha256|amz-sdk-invocation-id|amz-sdk-request)$/;

t.test("a prepared call asks what the SDK asks, and is signed for itself", async (t) => {
  const bodies = ["plain", 'Zoë "quoted" 漢字 \\ud83d\\ude00', "x".repeat(30_000)];
  const { client, requests } = await start(t, (socket, attempt) => confirm(bodies[attempt - 2]!)(socket));
  for (const body of bodies) {
    const { MessageId, $metadata } = await client.send(send(body));
    t.equal(MessageId, "1");
    t.match($metadata, { httpStatusCode: 200, attempts: 1 });
  }
  const [own, ...prepared] = requests();
  const common = ({ head }: Request) =>
    Object.fromEntries(Object.entries(head).filter(([name]) => !ownToEach.test(name)));
  t.equal(prepared.length, bodies.length);
  t.ok(own!.head["amz-sdk-invocation-id"], "control: the first one is the SDK's");
  for (const [index, request] of prepared.entries()) {
    t.notOk(request.head["amz-sdk-invocation-id"], "the others are not");
    t.same(common(request), common(own!));
    // The longest one came in several pieces, of which only the first was kept.
    if (bodies[index]!.length > 10_000) continue;
    t.same(JSON.parse(request.body), messageOf(bodies[index]!));
    t.ok(isSigned(request, credentials.secretAccessKey));
    t.notOk(isSigned({ ...request, body: `${request.body} ` }, credentials.secretAccessKey), "control: another body");
  }
  t.ok(isSigned(own!, credentials.secretAccessKey), "control: so is the SDK's");
});

/** An SDK's own pause may be none at all, by its jitter. */
const askedPauseMs = 200;
const slowDown = answer({}, "503 Slow Down", `x-amz-retry-after: ${askedPauseMs}\r\n`);

t.test("what fails is the SDK's first attempt: it pauses, tries again and counts", async (t) => {
  const { client, requests } = await start(
    t,
    (socket, attempt) => void socket.write(attempt === 2 ? slowDown : confirmationOf("second")),
    { maxAttempts: 3 },
  );
  const { $metadata } = await client.send(send("second"));
  t.match($metadata, { attempts: 2 });
  t.ok($metadata.totalRetryDelay! > askedPauseMs / 2);
  t.equal(requests().length, 3, "the first call, an attempt that failed and one that did not");
});

t.test("after an outage that used up the SDK's retries, calls that succeed bring them back", async (t) => {
  let outage = true;
  const { client, requests } = await start(
    t,
    (socket) => void socket.write(outage ? answer({}, "503 Slow Down") : confirmationOf("second")),
    { maxAttempts: 2 },
  );
  const attemptsOf = () =>
    client.send(send("second")).catch((error: unknown) => error as { $metadata: { attempts: number } });
  await Promise.all(Array.from({ length: 150 }, attemptsOf));
  t.match(await attemptsOf(), { $metadata: { attempts: 1 } }, "control: they are used up");
  outage = false;
  for (let n = 0; n < 50; n += 1) await client.send(send("second"));
  t.notOk(requests().at(-1)!.head["amz-sdk-invocation-id"], "control: those were prepared");
  outage = true;
  t.match(await attemptsOf(), { $metadata: { attempts: 2 } });
});

t.test("an error that would come again is told in the SDK's words, and not tried again", async (t) => {
  const { client, requests } = await start(
    t,
    (socket) => void socket.write(answer({ __type: "com.amazonaws.sqs#QueueDoesNotExist" }, "400 Bad Request")),
    { maxAttempts: 3 },
  );
  await t.rejects(client.send(send("second")), { name: "QueueDoesNotExist", $metadata: { attempts: 1 } });
  t.equal(requests().length, 2);
});

for (const [name, react, error] of [
  ["never comes", () => {}, { name: "TimeoutError" }],
  ["is cut off", (socket: Socket) => socket.end(confirmationOf("second").slice(0, -5)), { code: "ECONNRESET" }],
  ["is no JSON", (socket: Socket) => socket.write(answer({}).replace("{}", "<>")), { name: "SyntaxError" }],
  ["confirms another body", confirm("another"), { message: /checksum|md5/i }],
] as const) {
  t.test(`an answer that ${name} is none`, async (t) => {
    const { client, requests } = await start(t, (socket) => void react(socket));
    await t.rejects(client.send(send("second")), error);
    t.equal(requests().length, 2);
  });
}

t.test("new credentials are used as soon as there are some, and without any the SDK says so", async (t) => {
  let sessionToken: string | undefined = "one";
  const provider = async () => {
    if (sessionToken === undefined) throw new Error("no credentials");
    return { ...credentials, sessionToken, expiration: new Date(Date.now() + 1_000) };
  };
  const { client, requests } = await start(t, confirm("second"), { credentials: provider as never });
  sessionToken = "two";
  await client.send(send("second"));
  const [first, second] = requests();
  t.equal(first!.head["x-amz-security-token"], "one");
  t.equal(second!.head["x-amz-security-token"], "two");
  t.ok(isSigned(second!, credentials.secretAccessKey));
  sessionToken = undefined;
  await t.rejects(client.send(send("second")), { message: "no credentials" });
  t.equal(requests().length, 2);
});

t.test("once the SDK has learnt that the clock is wrong, prepared calls are dated right", async (t) => {
  const aheadMs = 3_600_000;
  const date = `date: ${new Date(Date.now() + aheadMs).toUTCString()}\r\n`;
  const { client, requests } = await start(
    t,
    (socket, attempt) =>
      void socket.write(
        attempt === 2 ? answer({ __type: "RequestTimeTooSkewed" }, "403 Forbidden", date) : confirmationOf("second"),
      ),
    { maxAttempts: 2 },
  );
  await client.send(send("second"));
  await client.send(send("second"));
  const dates = requests().map(({ head }) =>
    Date.parse(head["x-amz-date"]!.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z")),
  );
  t.equal(dates.length, 4);
  t.ok(dates[1]! - Date.now() < aheadMs / 2, "control: the second is dated by this machine");
  t.ok(dates[3]! - Date.now() > aheadMs / 2, "the last is a prepared call");
  t.notOk(requests()[3]!.head["amz-sdk-invocation-id"]);
});

t.test("a call that may be given up is the SDK's, and so is one of another command", async (t) => {
  const { client, requests } = await start(t, () => {}, { prepared: ["ReceiveMessageCommand"] });
  const giveUp = new AbortController();
  const calls = await start(t, () => {});
  const call = calls.client.send(send("second"), { abortSignal: giveUp.signal });
  setTimeout(() => giveUp.abort(), 50);
  await t.rejects(call, { name: "AbortError" });
  await t.rejects(client.send(send("second")), { name: "TimeoutError" });
  t.ok(requests()[1]!.head["amz-sdk-invocation-id"], "not prepared");
});
