import { existsSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import t from "tap";
import { createLocalStack, type ProcessName } from "../../local/stack.ts";
import { probe } from "../equipment/long-probe.ts";
import { isAlive } from "../../local/orphan-guard/alive.ts";
import { findFreePort } from "../../local/ports.ts";
import { eventually } from "../equipment/eventually.ts";
import { confirmed, register } from "./attendee.ts";

/** The engines take any signature, but want one. */
const signed =
  "AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";

t.test("a registration becomes confirmed, and every part survives a kill -9 of each process", async (t) => {
  const restarted: string[] = [];
  const stack = createLocalStack({ reporter: { restarted: (name, how) => restarted.push(`${name} ${how}`) } });
  t.teardown(() => stack.stop());
  const [urls, same] = await Promise.all([stack.start(), stack.start()]);
  t.strictSame(urls, same, "starting twice starts one");
  t.strictSame(Object.keys(urls), ["web", "worker", "sqs", "dynamodb"]);
  const web = urls.web!;
  const names = ["worker", "sqs", "dynamodb", "web"] as const;
  const first = await register(web, "first@example.org");
  t.equal(first.status, 202);
  await confirmed(web, first.location);

  for (const name of names) {
    t.ok(stack.kill(name, "SIGKILL"));
    await stack.process(name).ended();
    await stack.process(name).start();
  }
  t.strictSame(
    restarted,
    names.map((name) => `${name} ended by SIGKILL`),
  );
  await confirmed(web, first.location);
  const second = await register(web, "second@example.org");
  t.equal(second.status, 202);
  await confirmed(web, second.location);

  const { dataFolder } = stack;
  const pids = names.map((name) => stack.process(name).pid!);
  t.match(readFileSync(join(dataFolder, "logs", "worker.log"), "utf8"), /"tier":"worker"/);
  await Promise.all([stack.stop(), stack.stop()]);
  for (const pid of pids) t.notOk(isAlive(pid));
  t.notOk(existsSync(dataFolder), "a temporary folder goes with the stack");
});

/** Asks as a page does: with headers that `fetch` would not let us set. */
async function askAs(url: string, method: string, headers: Record<string, string>, body = "") {
  const sent = request(url, { method, headers, agent: false }).end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

t.test("no page that is open on this machine reads or changes anything in the engines", async (t) => {
  const stack = createLocalStack({ tiers: [] });
  t.teardown(() => stack.stop());
  const { sqs = "", dynamodb = "" } = await stack.start();
  const api = (target: string) => ({
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": target,
    "x-amz-date": "20260101T000000Z",
    authorization: signed,
  });
  const scan = api("DynamoDB_20120810.Scan");
  const list = api("AmazonSQS.ListQueues");
  const asked = [
    (headers: object) => askAs(dynamodb, "POST", { ...scan, ...headers }, '{"TableName":"registrations"}'),
    (headers: object) => askAs(sqs, "POST", { ...list, ...headers }, "{}"),
    (headers: object) => askAs(dynamodb, "OPTIONS", { "access-control-request-method": "POST", ...headers }),
  ];
  const pages = [
    { origin: "http://evil.example" },
    { host: "evil.example:3004" },
    { "sec-fetch-site": "cross-site" },
    { origin: "null" },
  ];
  for (const ask of asked) {
    for (const page of pages) {
      const { status, headers, body } = await ask(page);
      t.equal(status, 403, JSON.stringify(page));
      t.notOk("access-control-allow-origin" in headers);
      t.notMatch(body, /Items|Queue/);
    }
  }
  t.match(await asked[0]!({}), { status: 200, body: /"Items"/ }, "control: a program reads it");
  t.match(await asked[1]!({}), { status: 200, body: /QueueUrls/ });
});

t.test("an endpoint from the environment replaces the engine", async (t) => {
  const engines = createLocalStack({ tiers: [] });
  t.teardown(() => engines.stop());
  const { sqs = "", dynamodb = "" } = await engines.start();
  t.throws(() => engines.process("web"), { message: /no process named web/ });
  const environment = { AWS_ENDPOINT_URL_SQS: sqs, AWS_ENDPOINT_URL_DYNAMODB: dynamodb };
  const stack = createLocalStack({ tiers: ["worker"], environment });
  t.teardown(() => stack.stop());
  const urls = await stack.start();
  t.match(urls, { sqs, dynamodb, worker: /^http/ });
  t.throws(() => stack.process("sqs"));
});

t.test("with mail an SES runs beside the engines, is started again, and ends with them", async (t) => {
  const stack = createLocalStack({ mail: true });
  t.teardown(() => stack.stop());
  const { mail = "", ...others } = await stack.start();
  t.strictSame(Object.keys(others), ["web", "worker", "sqs", "dynamodb"]);
  t.match(stack.environment, { AWS_ENDPOINT_URL_SESV2: mail, MAIL_QUEUE_URL: /\/mails$/, MAILS_TABLE: "mails" });
  t.equal(await probe(`${mail}/`), 200);
  t.ok(stack.kill("mail", "SIGKILL"));
  await stack.process("mail").ended();
  await stack.process("mail").start();
  t.equal(await probe(`${mail}/`), 200);
  const outside = createLocalStack({ mail: true, tiers: [], environment: { AWS_ENDPOINT_URL_SESV2: mail } });
  t.teardown(() => outside.stop());
  t.equal((await outside.start()).mail, mail);
  t.throws(() => outside.process("mail"), "an endpoint from the environment replaces it");
  await stack.stop();
  t.equal(await probe(`${mail}/`), undefined);
});

t.test("with an empty sender no mail is sent: there is no SES, and no tier knows of one", async (t) => {
  const stack = createLocalStack({ mail: true, tiers: [], environment: { MAIL_FROM: "" } });
  t.teardown(() => stack.stop());
  t.strictSame(Object.keys(await stack.start()), ["sqs", "dynamodb"]);
  t.notOk("MAIL_QUEUE_URL" in stack.environment);
});

t.test("a start that fails says which part, and leaves nothing running", async (t) => {
  const spawned: string[] = [];
  const port = await findFreePort();
  const stack = createLocalStack({
    ports: { sqs: port },
    environment: { EVENT_FILE: "/does/not/exist.json" },
    reporter: { line: (name) => spawned.push(name) },
  });
  t.teardown(() => stack.stop());
  await t.rejects(stack.start(), { message: /^(web|worker) ended with exit code 1[^]*\/does\/not\/exist\.json/ });
  t.ok(spawned.includes("sqs"), "the engines had been started");
  t.equal(await probe(`http://127.0.0.1:${port}/`), undefined);
  t.notOk(existsSync(stack.dataFolder));
});

t.test("a stop during the start ends it, and a stop before it lets nothing start", async (t) => {
  const stack = createLocalStack();
  const start = stack.start();
  await eventually(() => processOf(stack, "sqs"), "the first engine is being started");
  await Promise.all([t.rejects(start), stack.stop()]);
  t.notOk(existsSync(stack.dataFolder));
  const never = createLocalStack();
  await never.stop();
  await t.rejects(never.start(), { message: /stopped/ });
});

function processOf(stack: ReturnType<typeof createLocalStack>, name: ProcessName): number | undefined {
  try {
    return stack.process(name).pid;
  } catch {
    return undefined;
  }
}
