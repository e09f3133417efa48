import { DeleteTableCommand, CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import t from "tap";
import { readEnv } from "../../shared/process/environment.ts";
import { createRegistry } from "../../shared/process/metrics.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { WorkerConfig } from "../../worker/config.ts";
import { createWorker } from "../../worker/worker.ts";
import { awsError, type AwsCall, type Intervene } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { eventually, stretched } from "../equipment/eventually.ts";
import { people, somebody } from "../equipment/people.ts";
import { recordLog } from "../equipment/recorded-log.ts";

const engines = await startEngines(t);

// Each test has its own queues and tables, and waits more than it works: they run beside each other.
t.jobs = 5;
const spoilers = new Set<Intervene>();
const decide: Intervene = async (call) => {
  for (const spoiler of spoilers) {
    const intervention = await spoiler(call);
    if (intervention) return intervention;
  }
  return undefined;
};
engines.sqsProxy.intervene(decide);
engines.dynamoDbProxy.intervene(decide);

interface Preparation {
  readonly maxReceiveCount?: number;
  readonly table?: string;
  readonly environment?: Record<string, string>;
}

async function prepare({ maxReceiveCount = 20, table, environment = {} }: Preparation = {}) {
  // Long enough for a heartbeat that comes late on a busy machine.
  const visibilityTimeoutSeconds = 5;
  const { url, deadLetterUrl } = await engines.createQueue({ visibilityTimeoutSeconds, maxReceiveCount });
  const registrationsTable = table ?? (await engines.createTable());
  const deadLettersTable = await engines.createTable("id");
  const outcomesTable = await engines.createTable("id");
  const activityTable = await engines.createTable("bucket");
  const config = readEnv(WorkerConfig, {
    AWS_REGION: "eu-central-1",
    QUEUE_URL: url,
    DEAD_LETTER_QUEUE_URL: deadLetterUrl,
    REGISTRATIONS_TABLE: registrationsTable,
    DEAD_LETTERS_TABLE: deadLettersTable,
    OUTCOMES_TABLE: outcomesTable,
    ACTIVITY_TABLE: activityTable,
    POLLERS: "2",
    RECEIVE_WAIT_SECONDS: "1",
    VISIBILITY_TIMEOUT_SECONDS: String(visibilityTimeoutSeconds),
    WRITE_TIMEOUT_MS: "4000",
    STOP_DEADLINE_SECONDS: "5",
    ...environment,
  });
  const log = recordLog();
  const registry = createRegistry("worker");
  const worker = createWorker({
    config,
    sqs: engines.createSqs({ requestTimeoutMs: 4_000, maxAttempts: 1 }),
    documents: engines.createDocuments({ requestTimeoutMs: 4_000, maxAttempts: 1 }),
    registry,
    logger: log.logger,
  });
  const concerns = ({ input }: AwsCall) => {
    const text = JSON.stringify(input);
    return (
      [url, deadLetterUrl].includes(String(input.QueueUrl)) ||
      text.includes(`\\"${registrationsTable}\\"`) ||
      text.includes(`"${registrationsTable}"`) ||
      text.includes(`"${deadLettersTable}"`) ||
      text.includes(`\\"${outcomesTable}\\"`)
    );
  };

  async function metric(name: string): Promise<number> {
    const line = (await registry.metrics())
      .split("\n")
      .find((text) => text.startsWith(`${name}{`) || text.startsWith(`${name} `));
    return Number(line?.split(" ").at(-1));
  }

  return {
    worker,
    config,
    log,
    metric,
    url,
    deadLetterUrl,
    /** Spoils the calls of this worker. @returns ends it */
    spoil(how: Intervene): () => void {
      const spoiler: Intervene = (call) => (concerns(call) ? how(call) : undefined);
      spoilers.add(spoiler);
      return () => spoilers.delete(spoiler);
    },
    send: (registrations: readonly Registration[]) =>
      engines.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: encodePack(registrations) })),
    sendBody: (body: string) => engines.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body })),
    stored: () => engines.items(registrationsTable),
    deadLetters: () => engines.items(deadLettersTable),
    outcomes: () => engines.items(outcomesTable),
    async isDrained(): Promise<boolean> {
      const counts = await Promise.all([engines.counts(url), engines.counts(deadLetterUrl)]);
      return counts.every(({ waiting, inFlight }) => waiting + inFlight === 0);
    },
  };
}

const buffered = { buffered: true };

t.test("a backlog is drained: everybody stored once, duplicates dropped, figures told", buffered, async (t) => {
  const { worker, send, stored, isDrained, metric, deadLetters, outcomes } = await prepare();
  const all = people(300);
  for (let start = 0; start < all.length; start += 60) await send(all.slice(start, start + 60));
  const second = { ...somebody(), email: all[0]!.email };
  await send([second]);
  worker.start();
  await eventually(isDrained, "the queue is empty");
  t.equal((await stored()).length, 300);
  const [outcome, ...more] = await outcomes();
  t.same(more, []);
  const duplicateOf = outcome?.id === second.id ? all[0]!.id : second.id;
  t.match(outcome, { outcome: "duplicate", duplicateOf }, "whichever of the two came second");
  t.equal(await metric("turnout_registrations_stored_total"), 300);
  t.equal(await metric("turnout_registrations_duplicate_total"), 1);
  t.equal(await metric("turnout_registrations_received_total"), 301);
  t.equal(await metric("turnout_packs_done_total"), 6);
  t.ok((await metric("turnout_table_write_calls_total")) < 40, "in full calls");
  t.same(worker.health(), { status: "ok", causes: [] });
  t.same(await deadLetters(), []);
  await worker.stop();
});

t.test("poison among good ones becomes a record with its reason, and only poison does", buffered, async (t) => {
  const { worker, send, sendBody, stored, deadLetters, isDrained } = await prepare();
  const good = people(120);
  await send(good.slice(0, 40));
  await sendBody("this is no pack");
  await sendBody(JSON.stringify({ v: 1, registrations: [...good.slice(40), { id: "no-registration" }] }));
  worker.start();
  await eventually(async () => (await deadLetters()).length === 2 && (await isDrained()), "both are recorded");
  t.equal((await stored()).length, 120);
  t.same(
    (await deadLetters())
      .map(({ reason, state }) => [reason, state])
      .toSorted(([a], [b]) => String(a).localeCompare(String(b))),
    [
      ["invalid-registration", "open"],
      ["malformed", "open"],
    ],
  );
  await worker.stop();
});

t.test("a registration that is mended and replayed is stored, and closes its record", buffered, async (t) => {
  const { worker, send, sendBody, stored, deadLetters, isDrained } = await prepare();
  const broken = { ...somebody(), name: "" };
  await sendBody(JSON.stringify({ v: 1, registrations: [broken] }));
  worker.start();
  const [record] = await eventually(async () => {
    const all = await deadLetters();
    return all.length > 0 && all;
  }, "it is recorded");
  t.match(record, { id: broken.id, state: "open", reason: "invalid-registration" });
  await send([{ ...broken, id: "replay-of-broken", name: "Mended", replayOf: broken.id }]);
  await eventually(async () => (await deadLetters())[0]?.state === "resolved", "the record is closed");
  t.match(await stored(), [{ email: broken.email, name: "Mended" }]);
  await eventually(isDrained, "nothing is left");
  await worker.stop();
});

/** Ways in which DynamoDB denies the right to insert. */
const denials: Record<string, Intervene> = {
  "of each statement": ({ operation, input }) =>
    operation === "BatchExecuteStatement"
      ? {
          answer: {
            Responses: (input.Statements as unknown[]).map(() => ({
              Error: {
                Code: "AccessDenied",
                Message: "User: arn:x is not authorized to perform: dynamodb:PartiQLInsert",
              },
            })),
          },
        }
      : undefined,
  "of the whole call": ({ operation }) =>
    operation === "BatchExecuteStatement"
      ? awsError("AccessDeniedException", "User: arn:x is not authorized to perform: dynamodb:PartiQLInsert")
      : undefined,
};

for (const [what, deny] of Object.entries(denials)) {
  t.test(
    `the right to insert is denied, ${what}: named within 5 s, nobody dead-lettered, all stored once allowed`,
    buffered,
    async (t) => {
      const { worker, spoil, send, stored, deadLetters, isDrained, metric, config, log, url } = await prepare({
        maxReceiveCount: 2,
      });
      const allow = spoil(deny);
      const all = people(60);
      await send(all.slice(0, 30));
      await send(all.slice(30));
      worker.start();
      const startedAt = performance.now();
      await eventually(() => worker.health().status === "unhealthy", "it tells that it is ill", 5_000);
      t.ok(performance.now() - startedAt < stretched(5_000));
      const [cause = ""] = worker.health().causes;
      for (const named of ["dynamodb:PartiQLInsert", config.REGISTRATIONS_TABLE, "Roles/WorkerRole", "access-denied"]) {
        t.ok(cause.includes(named), `${named} in ${cause}`);
      }
      t.match(
        log.records.find(({ msg }) => msg?.startsWith("stopped receiving")),
        {
          kind: "access-denied",
          action: "dynamodb:PartiQLInsert",
        },
      );
      // Longer than the receives that SQS allows, one after each visibility time-out.
      await eventually(() => performance.now() - startedAt > 15_000, "three visibility time-outs");
      t.equal(worker.health().status, "unhealthy", "and it stays ill until it is mended");
      t.equal(await metric("turnout_packs_received_total"), 2, "what is held was received once");
      t.equal((await engines.counts(url)).waiting, 0, "and is kept hidden");
      t.same(await deadLetters(), []);
      t.same(await stored(), []);
      allow();
      await eventually(isDrained, "the queue is empty");
      t.equal((await stored()).length, 60);
      await eventually(() => worker.health().status === "ok", "it is well again");
      t.equal(await metric("turnout_packs_received_total"), 2);
      t.same(await deadLetters(), []);
      await worker.stop();
    },
  );
}

t.test(
  "the right to write outcomes is denied: named, nothing received, no message deleted, and all written once allowed",
  buffered,
  async (t) => {
    const { worker, spoil, send, stored, outcomes, deadLetters, isDrained, config, log, url } = await prepare();
    const [known, ...others] = people(20);
    await send([known!]);
    worker.start();
    await eventually(isDrained, "the first is stored");
    const allow = spoil(({ operation, input }) =>
      operation === "BatchExecuteStatement" && JSON.stringify(input).includes(config.OUTCOMES_TABLE)
        ? awsError("AccessDeniedException", "User: arn:x is not authorized to perform: dynamodb:PartiQLInsert")
        : undefined,
    );
    await send([...others, { ...somebody(), email: known!.email }]);
    await eventually(() => worker.health().status === "unhealthy", "it tells that it is ill", 5_000);
    const [cause = ""] = worker.health().causes;
    for (const named of ["outcomes table", "dynamodb:PartiQLInsert", config.OUTCOMES_TABLE, "Roles/WorkerRole"]) {
      t.ok(cause.includes(named), `${named} in ${cause}`);
    }
    t.match(
      log.records.find(({ msg }) => msg?.startsWith("stopped receiving")),
      { dependency: "outcomes table", kind: "access-denied" },
    );
    await eventually(async () => (await stored()).length === 20, "its neighbours are stored");
    t.equal((await engines.counts(url)).inFlight, 1, "and the message stays");
    t.same(await outcomes(), []);
    allow();
    await eventually(isDrained, "the queue is empty");
    t.match(await outcomes(), [{ outcome: "duplicate", duplicateOf: known!.id }]);
    await eventually(() => worker.health().status === "ok", "it is well again");
    t.same(await deadLetters(), []);
    await worker.stop();
  },
);

t.test("a table that is down for longer than all receives together dead-letters nobody", buffered, async (t) => {
  const { worker, spoil, send, stored, deadLetters, isDrained } = await prepare({ maxReceiveCount: 2 });
  const mend = spoil(({ operation }) => (operation === "BatchExecuteStatement" ? "cut" : undefined));
  const all = people(100);
  for (let start = 0; start < all.length; start += 10) await send(all.slice(start, start + 10));
  worker.start();
  await eventually(() => worker.health().status === "unhealthy", "it tells that it is ill", 5_000);
  t.match(worker.health().causes[0], /unreachable.*endpoint/);
  const startedAt = performance.now();
  await eventually(() => performance.now() - startedAt > 15_000, "more than 2 receives of 5 s");
  mend();
  await eventually(isDrained, "the queue is empty");
  t.equal((await stored()).length, 100);
  t.same(await deadLetters(), []);
  await worker.stop();
});

t.test("a table that is missing is named, and used as soon as it is there", buffered, async (t) => {
  const table = await engines.createTable();
  await engines.documents.send(new DeleteTableCommand({ TableName: table }));
  const { worker, send, stored, deadLetters, isDrained } = await prepare({ table });
  await send(people(10));
  worker.start();
  await eventually(() => worker.health().causes[0]?.includes("missing-resource"), "it tells that it is ill", 5_000);
  t.match(worker.health().causes[0], new RegExp(`${table} does not exist`));
  await engines.documents.send(
    new CreateTableCommand({
      TableName: table,
      KeySchema: [{ AttributeName: "email", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "email", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  await eventually(isDrained, "the queue is empty");
  t.equal((await stored()).length, 10);
  t.same(await deadLetters(), []);
  await worker.stop();
});

t.test("a throttle slows the writing down and loses nobody", buffered, async (t) => {
  const { worker, spoil, send, stored, isDrained, metric, deadLetters } = await prepare();
  let calls = 0;
  const limits: number[] = [];
  const calm = spoil(({ operation }) => {
    if (operation !== "BatchExecuteStatement") return undefined;
    calls += 1;
    return calls % 3 === 0 ? undefined : awsError("ThrottlingException");
  });
  for (let packs = 0; packs < 4; packs += 1) await send(people(100));
  worker.start();
  await eventually(
    async () => {
      limits.push(await metric("turnout_table_write_limit"));
      return isDrained();
    },
    "the queue is empty",
    20_000,
  );
  calm();
  t.equal((await stored()).length, 400);
  t.ok(Math.min(...limits) <= 4, `the limit fell to ${Math.min(...limits)}`);
  t.equal(worker.health().status, "ok");
  t.equal(await metric("turnout_packs_received_total"), 4, "inside the visibility of their message");
  t.same(await deadLetters(), []);
  await worker.stop();
});

t.test(
  "while sending to the dead-letter queue is denied it stays ill, though receiving from there works",
  buffered,
  async (t) => {
    const { worker, spoil, sendBody, deadLetters, deadLetterUrl, isDrained, log } = await prepare();
    const allow = spoil(({ operation, input }) =>
      operation === "SendMessage" && input.QueueUrl === deadLetterUrl ? awsError("AccessDenied", "no", 403) : undefined,
    );
    await sendBody("no pack");
    worker.start();
    await eventually(() => worker.health().status === "unhealthy", "it tells that it is ill", 5_000);
    t.match(worker.health().causes, [/sqs:SendMessage/]);
    const startedAt = performance.now();
    await eventually(() => {
      t.equal(worker.health().status, "unhealthy");
      return performance.now() - startedAt > 2_500;
    }, "some receives of the collector");
    t.equal(log.records.filter(({ msg }) => msg?.startsWith("stopped receiving")).length, 1, "told once");
    allow();
    await eventually(async () => (await isDrained()) && (await deadLetters()).length === 1, "it is recorded");
    await worker.stop();
  },
);

t.test("polling that stops without an error is found by the watchdog", buffered, async () => {
  const { worker, spoil } = await prepare({ environment: { WATCHDOG_SECONDS: "5" } });
  worker.start();
  await eventually(() => worker.health().status === "ok", "it is well");
  const mend = spoil(({ operation }) => (operation === "ReceiveMessage" ? "swallow" : undefined));
  await eventually(() => worker.health().status === "unhealthy", "it tells that it is ill", 15_000);
  mend();
  await eventually(() => worker.health().status === "ok", "it is well again", 15_000);
  await worker.stop();
});

t.test(
  "a stop finishes what was received, so that nothing is delivered again; a second one waits for the same",
  buffered,
  async (t) => {
    const { worker, send, stored, url, metric } = await prepare();
    for (let packs = 0; packs < 30; packs += 1) await send(people(50));
    worker.start();
    await eventually(async () => (await metric("turnout_packs_received_total")) > 0, "it has begun");
    await Promise.all([worker.stop(), worker.stop()]);
    const received = await metric("turnout_registrations_received_total");
    t.equal((await stored()).length, received);
    const { waiting, inFlight } = await engines.counts(url);
    t.equal(inFlight, 0, "nothing is left hidden");
    t.equal(waiting, 30 - received / 50);
    for (const message of await engines.take(url)) t.equal(message.Attributes?.ApproximateReceiveCount, "1");
  },
);

t.test(
  "a stop while a system error holds everything ends in time and leaves all to redelivery",
  buffered,
  async (t) => {
    const { worker, spoil, send, stored, isDrained, metric } = await prepare();
    const mend = spoil(({ operation }) =>
      operation === "BatchExecuteStatement" ? awsError("AccessDeniedException") : undefined,
    );
    await send(people(20));
    worker.start();
    await eventually(() => worker.health().status === "unhealthy", "it tells that it is ill", 5_000);
    const startedAt = performance.now();
    await worker.stop();
    t.ok(performance.now() - startedAt < stretched(4_000));
    t.equal(await metric("turnout_registrations_unfinished_total"), 20);
    t.equal(await isDrained(), false);
    t.same(await stored(), []);
    mend();
  },
);

t.test("stopped before it was started, it never starts", buffered, async (t) => {
  const { worker, send, stored, metric } = await prepare();
  await send(people(3));
  await worker.stop();
  worker.start();
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.equal(await metric("turnout_packs_received_total"), 0);
  t.same(await stored(), []);
});
