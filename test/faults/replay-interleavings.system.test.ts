/**
 * Two admins who edit, discard and replay, the retry that nobody asks for, workers and a collector, all at one dead letter:
 * real parts on the real engines, of which a seeded order lets one call at a time go, kills any of them at any call, and
 * spoils sends and stores. Whatever the order, the table never holds what an acknowledged edit has replaced, and nobody's
 * retry is used up.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCommand, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import t from "tap";
import { createDeadLetterStore, type DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { automaticReplayer } from "../../shared/dead-letters/replay-records.ts";
import { createReplaySender } from "../../shared/dead-letters/replay-sender.ts";
import { claimSeconds, replayDeadLetters } from "../../shared/dead-letters/replay.ts";
import { decodePack, encodePack } from "../../shared/registration/registration-pack.ts";
import { createCircuitBreaker } from "../../worker/circuit-breaker.ts";
import { createDeadLetterCollector } from "../../worker/dead-letter-collector.ts";
import { createDeadLetterQueue } from "../../worker/dead-letter-queue.ts";
import { createDeadLettersTable, type DeadLettersTable } from "../../worker/dead-letters-table.ts";
import { createOutcomesTable } from "../../worker/outcomes-table.ts";
import { createPackProcessor } from "../../worker/pack-processor.ts";
import { createRetryingCaller } from "../../worker/retrying-caller.ts";
import { createRegistrationWriter } from "../../worker/registration-writer.ts";
import { createRegistrationsTable } from "../../worker/registrations-table.ts";
import { createReplayGuard } from "../../worker/replay-guard.ts";
import { deadLetter } from "../equipment/dead-letter-seeds.ts";
import { awsError, type Intervention } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { createTestChangeWriter, withoutChanges } from "../equipment/change-writer.ts";
import { recordLog } from "../equipment/recorded-log.ts";
import { sized } from "../equipment/run-length.ts";
import { createRandom } from "./random.ts";

const rounds = sized(20, 2_000);
t.setTimeout(120_000 + rounds * 3_000);

const engines = await startEngines(t);
const [registrations, records] = [await engines.createTable(), await engines.createTable("id")];
const outcomes = await engines.createTable("id");
const { url: queueUrl, deadLetterUrl } = await engines.createQueue();
const rawDocuments = engines.createDocuments({ maxAttempts: 1 });
const rawSqs = engines.createSqs({ maxAttempts: 1 });

/** What the proxy does to the one call that is under way. */
let spoiler: Intervention | undefined;
engines.sqsProxy.intervene(() => spoiler);
engines.dynamoDbProxy.intervene(() => spoiler);

type Protocol = "claims" | "as it was before";

interface Violation {
  readonly what:
    | "an edit was reverted"
    | "a discard was reverted"
    | "a retry was used up"
    | "it is stuck"
    | "not as it says";
  readonly seed: number;
  readonly trace: readonly string[];
}

/** One round: a dead letter of its own, and everybody at it. @returns what must never be, if it was */
async function play(seed: number, protocol: Protocol): Promise<Violation | undefined> {
  const random = createRandom(seed);
  const { chance } = random;
  const original = deadLetter(seed);
  const { id, registration } = original;
  const { email } = registration!;
  await rawDocuments.send(new PutCommand({ TableName: records, Item: original }));

  let now = Date.parse("2026-02-01T00:00:00.000Z");
  const wallClock = () => now;
  const trace: string[] = [];
  const waiting: { readonly actor: string; readonly call: string; readonly go: (lives: boolean) => void }[] = [];
  /** Accepted by the queue, and what is still to become of them. */
  const accepted: { readonly body: string; done: boolean }[] = [];
  const deadLettered: { readonly message: SendMessageCommand["input"]; readonly id: string; done: boolean }[] = [];
  let running: string | undefined;
  let mayKill = true;

  /** What to note when a change that its actor has tried was made, and the actor killed before hearing of it. */
  const attempts = new Map<string, () => void>();
  const rejections = new Map<string, boolean>();

  /** Some versions of it the table will never take, whoever tries. */
  function isRejected(command: { readonly input: Record<string, unknown> }): boolean {
    const content = JSON.stringify((command.input.Statements as { Parameters: unknown[] }[])[0]?.Parameters[2]);
    const refused = rejections.get(content) ?? chance(0.25);
    rejections.set(content, refused);
    return refused;
  }

  /** Waits for its turn; who is killed never gets one, or never hears what came of it. */
  function scheduled<Client extends DynamoDBDocumentClient | SQSClient>(actor: string, client: Client): Client {
    async function send(command: { readonly input: Record<string, unknown> }, options?: object): Promise<unknown> {
      const call = command.constructor.name.replace("Command", "");
      const lives = await new Promise<boolean>((go) => waiting.push({ actor, call, go }));
      if (!lives) return new Promise(() => {});
      running = actor;
      let fault = "";
      if (call === "SendMessage" && command.input.QueueUrl === queueUrl) {
        if (mayKill && chance(0.3)) fault = random.pick(["refused", "lost", "cut"]);
      } else if (call === "BatchExecuteStatement" && isRejected(command)) fault = "rejected";
      spoiler = {
        "": undefined,
        refused: awsError("AccessDenied"),
        lost: "lose the answer",
        cut: "cut",
        rejected: { answer: { Responses: [{ Error: { Code: "ValidationError", Message: "injected" } }] } },
      }[fault] as Intervention | undefined;
      const dies = mayKill && fault === "" && chance(0.08);
      trace.push(`${actor} ${call}${fault && ` ${fault}`}${dies ? " and dies" : ""}`);
      try {
        const result = await (client as { send(...given: unknown[]): Promise<unknown> }).send(command, options);
        note(command, fault);
        // Nobody was told of it, and yet it was done.
        if (dies && call === "Update") attempts.get(actor)?.();
        return dies ? new Promise(() => {}) : result;
      } catch (error) {
        if (fault === "lost") note(command, fault);
        throw error;
      } finally {
        spoiler = undefined;
        running = undefined;
      }
    }
    return { send } as unknown as Client;
  }

  function note({ input }: { readonly input: Record<string, unknown> }, fault: string): void {
    if (fault === "refused" || fault === "cut" || typeof input.MessageBody !== "string") return;
    if (input.QueueUrl === deadLetterUrl) {
      deadLettered.push({ message: input as never, id: `dead-${seed}-${deadLettered.length}`, done: false });
    } else accepted.push({ body: input.MessageBody, done: false });
  }

  const old = protocol === "as it was before";

  /** As before: nothing was claimed, but for the automatic retry, for good; a mark asked for the state alone. */
  function storeAsBefore(store: DeadLetterStore, client: DynamoDBDocumentClient): DeadLetterStore {
    const change = (expression: string, condition: string, values: Record<string, unknown>) =>
      client
        .send(
          new UpdateCommand({
            TableName: records,
            Key: { id },
            UpdateExpression: expression,
            ConditionExpression: condition,
            ExpressionAttributeNames: { "#state": "state" },
            ExpressionAttributeValues: values,
          }),
        )
        .then(
          () => true,
          () => false,
        );
    return {
      ...store,
      claim: async ({ failures }, { by }) =>
        by !== automaticReplayer ||
        change(
          "SET automaticReplayAt = :at",
          "#state = :open AND failures = :seen AND attribute_not_exists(automaticReplayAt)",
          {
            ":at": new Date(now).toISOString(),
            ":open": "open",
            ":seen": failures,
          },
        ),
      giveBack: async () => {},
      markReplayed: () =>
        change("SET #state = :replayed", "#state = :open", { ":replayed": "replayed", ":open": "open" }),
    };
  }

  function recordsAsBefore(table: DeadLettersTable, client: DynamoDBDocumentClient): DeadLettersTable {
    return {
      ...table,
      begin: async () => "storing",
      async resolve() {
        const closing = new UpdateCommand({
          TableName: records,
          Key: { id },
          UpdateExpression: "SET #state = :resolved",
          ConditionExpression: "#state IN (:open, :replayed)",
          ExpressionAttributeNames: { "#state": "state" },
          ExpressionAttributeValues: { ":resolved": "resolved", ":open": "open", ":replayed": "replayed" },
        });
        await client.send(closing).catch(() => {});
        return true;
      },
    };
  }

  let lastName = registration!.name;
  let discarded = false;

  async function edit(actor: string): Promise<void> {
    const store = createDeadLetterStore(scheduled(actor, rawDocuments), records);
    for (let times = 0; times < 2; times += 1) {
      const seen = await store.read(id);
      if (seen?.state !== "open" || seen.registration === undefined) return;
      const name = `${actor} ${times}`;
      const entry = { at: new Date(now).toISOString(), who: actor, what: "edited", detail: "" } as const;
      attempts.set(actor, () => (lastName = name));
      if (await store.saveEdit(seen, { ...seen.registration, name }, entry)) {
        lastName = name;
        trace.push(`${actor} is told: changed`);
      }
    }
  }

  async function discard(actor: string): Promise<void> {
    const store = createDeadLetterStore(scheduled(actor, rawDocuments), records);
    const seen = await store.read(id);
    if (seen?.state !== "open") return;
    const entry = { at: new Date(now).toISOString(), who: actor, what: "discarded", detail: "" } as const;
    attempts.set(actor, () => (discarded = true));
    if (await store.discard(seen, entry)) {
      discarded = true;
      trace.push(`${actor} is told: discarded`);
    }
  }

  async function replay(actor: string): Promise<void> {
    const { signal } = new AbortController();
    const documents = scheduled(actor, rawDocuments);
    const store = createDeadLetterStore(documents, records);
    await replayDeadLetters([id], {
      store: old ? storeAsBefore(store, documents) : store,
      sender: createReplaySender({ sqs: scheduled(actor, rawSqs), queueUrl, ratePerSecond: 1_000, signal }),
      who: actor,
      why: "",
      canary: 1,
      stepSize: 1,
      again: actor === "bea",
      outcomeTimeoutSeconds: 0,
      signal,
      wallClock,
      onOutcome: () => {},
      onStep: () => {},
    });
  }

  function workerParts(actor: string) {
    const documents = scheduled(actor, rawDocuments);
    const clock = () => performance.now();
    const breaker = () =>
      createCircuitBreaker({ now: clock, random: () => 0, minBackoffMs: 1, maxBackoffMs: 1, onChange: () => {} });
    const caller = createRetryingCaller(breaker());
    const { logger } = recordLog();
    const table = createDeadLettersTable({ documents, tableName: records, caller, logger, wallClock });
    const dead = old ? recordsAsBefore(table, documents) : table;
    const writing = { documents, wallClock, onCall: () => {} };
    const conditions = () => ({
      breaker: breaker(),
      maxCallsInFlight: 1,
      standstillTimeoutMs: 60_000,
      describeStandstill: () => ({ kind: "throttled", action: "", resource: "", message: "" }) as const,
      now: clock,
      random: () => 0,
    });
    const writer = createRegistrationWriter({
      table: createRegistrationsTable({ ...writing, tableName: registrations, outcomesTableName: outcomes }),
      outcomesTable: createOutcomesTable({ ...writing, tableName: outcomes }),
      conditions: conditions(),
      outcomesConditions: conditions(),
      onStored: () => {},
      onOutcome: () => {},
    });
    const processor = createPackProcessor({
      writer,
      changes: createTestChangeWriter(
        {
          documents,
          registrationsTable: registrations,
          outcomesTable: outcomes,
          deadLettersTable: records,
          writer,
        },
        { wallClock },
      ),
      deadLetters: createDeadLetterQueue({
        sqs: scheduled(actor, rawSqs),
        queueUrl: deadLetterUrl,
        caller: createRetryingCaller(breaker()),
        wallClock,
        onSent: () => {},
      }),
      records: dead,
      replays: createReplayGuard({ records: dead, onStale: () => {} }),
      hideSecondsAfter: () => undefined,
      deadlineMs: 60_000,
      now: clock,
      onPack: () => {},
      onOutcome: () => {},
      onHidden: () => {},
    });
    return { processor, collector: createDeadLetterCollector({ ...withoutChanges, table, wallClock }) };
  }

  function asSent(body: string): string {
    if (!old) return body;
    return encodePack(decodePack(body).registrations.map(({ claim: _, ...before }) => before));
  }

  let deliveries = 0;

  /** One at a time: what a killed worker held comes again, as SQS hides a message from others while one lives. */
  async function deliverAll(): Promise<void> {
    for (;;) {
      const message = random.shuffle(accepted.filter(({ done }) => !done))[0];
      const letter = deadLettered.find(({ done }) => !done);
      if (letter && (chance(0.5) || !message)) {
        deliveries += 1;
        const { collector } = workerParts(`collector-${deliveries}`);
        const { MessageBody: Body, MessageAttributes } = letter.message;
        const collecting = collector.collect({ Body, MessageAttributes, MessageId: letter.id });
        if (await outlives(`collector-${deliveries}`, collecting)) letter.done = true;
      } else if (message) {
        deliveries += 1;
        const { processor } = workerParts(`worker-${deliveries}`);
        const processing = processor.process({ Body: asSent(message.body) });
        if (await outlives(`worker-${deliveries}`, processing)) message.done = true;
        // And once more, now and then, although it was done.
        if (message.done && mayKill && chance(0.2)) message.done = false;
      } else if (settled()) return;
      else await turn();
    }
  }

  const dead = new Set<string>();

  /** @returns what it came to; false when its actor was killed */
  async function outlives(actor: string, work: Promise<unknown>): Promise<boolean> {
    let ended = false;
    const outcome = work.finally(() => (ended = true));
    for (;;) {
      if (ended) return (await outcome) === true;
      if (dead.has(actor)) return false;
      await turn();
    }
  }

  const people = new Map<string, { done: boolean }>();
  function start(actor: string, work: (actor: string) => Promise<void>): void {
    const state = { done: false };
    people.set(actor, state);
    void work(actor).then(() => (state.done = true));
  }
  const settled = () => [...people].every(([actor, { done }]) => done || dead.has(actor));

  start("ann", edit);
  start("bea", replay);
  start(chance(0.5) ? "cid" : automaticReplayer, replay);
  if (chance(0.5)) start("dan", edit);
  if (chance(0.2)) start("eve", discard);
  let delivered = false;
  void deliverAll().then(() => (delivered = true));

  for (let idle = 0; !delivered;) {
    await turn();
    if (running !== undefined || (waiting.length === 0 && idle++ < 20)) continue;
    // Whoever was killed in the middle of a call waits for nothing.
    if (waiting.length === 0) {
      for (const [actor, { done }] of people) if (!done) dead.add(actor);
      for (let number = 1; number <= deliveries; number += 1) {
        dead.add(`worker-${number}`);
        dead.add(`collector-${number}`);
      }
      idle = 0;
      continue;
    }
    idle = 0;
    if (chance(0.08)) {
      now += claimSeconds * 1_000;
      trace.push("a claim's time goes by");
    }
    const [next] = waiting.splice(Math.floor(random.next() * waiting.length), 1);
    const lives = !mayKill || !chance(0.04);
    if (!lives) {
      dead.add(next!.actor);
      trace.push(`${next!.actor} dies before ${next!.call}`);
    }
    running = lives ? next!.actor : undefined;
    next!.go(lives);
    if (trace.length > 150) mayKill = false;
  }

  const { Item } = await rawDocuments.send(new GetCommand({ TableName: registrations, Key: { email } }));
  const found = await rawDocuments.send(new GetCommand({ TableName: records, Key: { id }, ConsistentRead: true }));
  const record = found.Item as DeadLetterRecord;
  trace.push(`in the end: ${record.state}, stored ${Item?.name}, last acknowledged ${lastName}`);
  const violation = (what: Violation["what"]): Violation => ({ what, seed, trace });
  if (Item && discarded) return violation("a discard was reverted");
  if (Item && Item.name !== lastName) return violation("an edit was reverted");
  if (!["open", "resolved", "discarded"].includes(record.state)) return violation("it is stuck");
  if ((record.state === "resolved") !== (Item !== undefined)) return violation("not as it says");
  const sentByItself = trace.some((line) => /^worker SendMessage( lost)?( and dies)?$/.test(line));
  if (record.automaticReplayAt !== undefined && !sentByItself) return violation("a retry was used up");
  return undefined;
}

async function playAll(protocol: Protocol, first: number, count: number): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (let seed = first; seed < first + count; seed += 1) {
    const violation = await play(seed, protocol);
    if (violation) violations.push(violation);
  }
  return violations;
}

t.test(
  `in ${rounds} random orders no edit and no discard is reverted, nothing is stuck and no retry used up`,
  async (t) => {
    const violations = await playAll("claims", 1_000, rounds);
    t.same(
      violations.map(({ what, seed }) => `${what} (seed ${seed})`),
      [],
    );
    for (const { trace } of violations.slice(0, 3)) t.comment(trace.join("\n"));
  },
);

t.test("the control: as it was before, edits are reverted and retries used up in the same orders", async (t) => {
  const violations = await playAll("as it was before", 500_000, Math.min(rounds, 200));
  const kinds = new Set(violations.map(({ what }) => what));
  t.ok(kinds.has("an edit was reverted"), `found ${[...kinds].join(", ")}`);
  t.ok(kinds.has("a retry was used up"), `found ${[...kinds].join(", ")}`);
});
