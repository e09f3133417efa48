import { GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../equipment/file-test.ts";
import { joinBody, type BodyPart, type DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { createDeadLettersTable, type Failure } from "../../worker/dead-letters-table.ts";
import { createRetryingCaller } from "../../worker/retrying-caller.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { eventually } from "../equipment/eventually.ts";
import { somebody } from "../equipment/people.ts";
import { recordLog } from "../equipment/recorded-log.ts";
import { createQuickBreaker } from "../equipment/quick-breaker.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

async function prepare() {
  const tableName = await engines.createTable("id");
  const breaker = createQuickBreaker();
  const caller = createRetryingCaller(breaker);
  const log = recordLog();
  const table = createDeadLettersTable({
    documents: engines.documents,
    tableName,
    caller,
    logger: log.logger,
    wallClock: () => Date.parse("2026-03-01T12:00:00.000Z"),
  });
  async function read(id: string): Promise<DeadLetterRecord | undefined> {
    const { Item } = await engines.documents.send(new GetCommand({ TableName: tableName, Key: { id } }));
    return Item as DeadLetterRecord | undefined;
  }
  /** As a replay leaves it: claimed, sent, or being stored. */
  async function setState(id: string, state: string, claim = "claim-1", claimedBy = "ann"): Promise<void> {
    await engines.documents.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { id },
        UpdateExpression: "SET #state = :state, claim = :claim, claimedBy = :by",
        ExpressionAttributeNames: { "#state": "state" },
        ExpressionAttributeValues: { ":state": state, ":claim": claim, ":by": claimedBy },
      }),
    );
  }
  return { table, caller, breaker, read, setState, tableName, log };
}

let messages = 0;

function failure(changes: Partial<Failure> = {}): Failure {
  messages += 1;
  const registration = somebody();
  return {
    id: registration.id,
    body: encodePack([registration]),
    registration,
    claim: undefined,
    email: undefined,
    submittedAt: registration.submittedAt,
    reason: "rejected-by-table",
    detail: "what was wrong",
    failedAt: "2026-03-01T10:00:00.000Z",
    messageId: `message-${messages}`,
    ...changes,
  };
}

t.test("a first failure opens a record with everything that an organiser needs", async (t) => {
  const { table, read } = await prepare();
  const first = failure();
  t.equal(await table.record(first), true);
  t.same(await read(first.id), {
    id: first.id,
    state: "open",
    reason: "rejected-by-table",
    detail: "what was wrong",
    body: first.body,
    registration: first.registration,
    submittedAt: first.registration?.submittedAt,
    firstFailedAt: first.failedAt,
    lastFailedAt: first.failedAt,
    failures: 1,
    history: [{ at: first.failedAt, who: "worker", what: "failed", detail: "rejected-by-table: what was wrong" }],
    messageId: first.messageId,
  });
});

t.test("the same message delivered again changes nothing, not even at the same moment", async (t) => {
  const { table, read } = await prepare();
  const first = failure();
  const outcomes = await Promise.all([table.record(first), table.record(first), table.record(first)]);
  t.same(outcomes, [true, true, true]);
  t.match(await read(first.id), { failures: 1, history: { length: 1 } });
});

t.test("what is no registration is kept as it came, without one", async (t) => {
  const { table, read } = await prepare();
  const body = '\ufeff{"broken": "\u20ac';
  await table.record(
    failure({ id: "raw-1", body, registration: undefined, submittedAt: undefined, reason: "malformed" }),
  );
  const record = await read("raw-1");
  t.equal(record?.body, body);
  t.notOk("registration" in record!);
});

t.test("a body too large for one item is kept in parts, byte for byte", async (t) => {
  const { table, read } = await prepare();
  const body = `{"text":"${"ü€".repeat(200_000)}"}`;
  t.equal(await table.record(failure({ id: "raw-large", body, registration: undefined })), true);
  const record = await read("raw-large");
  t.equal(record?.body, undefined);
  const parts = await Promise.all(
    Array.from({ length: record!.bodyParts! }, (_, index) => read(`raw-large#${index + 1}`)),
  );
  t.equal(joinBody(parts as unknown as BodyPart[]), body);
});

t.test("a registration too large for its own table is recorded all the same", async (t) => {
  const { table, read } = await prepare();
  const registration = somebody({
    answers: Object.fromEntries(Array.from({ length: 210 }, (_, index) => [`field${index}`, "x".repeat(2_000)])),
  });
  const large = failure({
    id: registration.id,
    registration,
    body: encodePack([registration]),
    reason: "item-too-large",
  });
  t.ok(large.body.length > 410_000);
  t.equal(await table.record(large), true);
  t.match(await read(registration.id), { state: "open", reason: "item-too-large" });
});

t.test("a replay that fails again opens the record again, with the new reason and the whole history", async (t) => {
  const { table, read, setState } = await prepare();
  const first = failure();
  await table.record(first);
  await setState(first.id, "storing");
  const again = {
    ...first,
    claim: "claim-1",
    messageId: "replay-1",
    reason: "item-too-large",
    detail: "now too large",
  } as const;
  t.equal(await table.record({ ...again, failedAt: "2026-03-02T10:00:00.000Z" }), true);
  t.match(await read(first.id), {
    state: "open",
    reason: "item-too-large",
    detail: "now too large",
    failures: 2,
    firstFailedAt: "2026-03-01T10:00:00.000Z",
    lastFailedAt: "2026-03-02T10:00:00.000Z",
    body: first.body,
    history: [{ what: "failed" }, { what: "failed", detail: "item-too-large: now too large" }],
  });
  const record = await read(first.id);
  for (const name of ["claim", "claimedBy", "claimedUntil", "storingAt", "automaticReplayAt"]) t.notOk(name in record!);
});

t.test("while it is being replayed, a straggler of an earlier delivery or replay opens nothing", async (t) => {
  const { table, read, setState } = await prepare();
  for (const state of ["open", "replayed", "storing"]) {
    for (const claim of [undefined, "an-older-claim"]) {
      const first = failure();
      await table.record(first);
      await setState(first.id, state, "claim-2");
      t.equal(await table.record({ ...first, claim, messageId: "straggler", detail: "late" }), true);
      t.match(await read(first.id), {
        state,
        claim: "claim-2",
        failures: 1,
        reason: "rejected-by-table",
        history: [{}, { detail: "came again besides its replay: late" }],
      });
    }
  }
});

t.test("the replay that nobody asked for is used up when it has failed, marked or not", async (t) => {
  const { table, read, setState } = await prepare();
  for (const [by, used] of [
    ["worker", true],
    ["ann", false],
  ] as const) {
    const first = failure();
    await table.record(first);
    await setState(first.id, "open", "claim-1", by);
    await table.record({ ...first, claim: "claim-1", messageId: "again" });
    const record = await read(first.id);
    t.equal("automaticReplayAt" in record!, used, by);
    t.match(record, { state: "open", failures: 2 });
  }
});

t.test("a straggler never opens what was resolved or discarded; the history tells that it came", async (t) => {
  const { table, read, setState } = await prepare();
  for (const state of ["resolved", "discarded"]) {
    const first = failure();
    await table.record(first);
    await setState(first.id, state);
    t.equal(await table.record({ ...first, messageId: `late-${state}`, reason: "crash-loop", detail: "late" }), true);
    t.match(await read(first.id), {
      state,
      reason: "rejected-by-table",
      history: [{}, { detail: new RegExp(`came again after it was ${state}`) }],
    });
  }
});

t.test("two failures of one record at the same moment are both counted", async (t) => {
  const { table, read } = await prepare();
  const first = failure();
  await table.record(first);
  const later = [failure({ ...first, messageId: "a" }), failure({ ...first, messageId: "b" })];
  // One of them may lose the race; its message stays and comes again.
  let left = later;
  for (let deliveries = 0; left.length > 0 && deliveries < 5; deliveries += 1) {
    const outcomes = await Promise.all(left.map((each) => table.record(each)));
    left = left.filter((_, index) => !outcomes[index]);
  }
  const record = await read(first.id);
  t.ok(record!.failures >= 3, `${record!.failures} failures`);
  t.equal(record!.history.length, record!.failures);
});

t.test("a replay is stored only under the claim that its record has, and then nobody can come between", async (t) => {
  const { table, read, setState } = await prepare();
  const replay = (id: string, claim: string | undefined) => ({ id, claim });
  for (const state of ["open", "replayed", "storing"]) {
    const first = failure();
    await table.record(first);
    await setState(first.id, state);
    for (const claim of [undefined, "another"]) {
      t.equal(await table.begin(replay(first.id, claim)), "stale", `${state} ${claim}`);
      t.match(await read(first.id), { state });
    }
    t.equal(await table.begin(replay(first.id, "claim-1")), "storing");
    const record = await read(first.id);
    t.match(record, {
      state: "storing",
      claim: "claim-1",
      storingAt: "2026-03-01T12:00:00.000Z",
      history: { length: 1 },
    });
    t.notOk("claimedUntil" in record!);
    t.equal(await table.begin(replay(first.id, "claim-1")), "storing", "another delivery takes it up again");
  }
  for (const state of ["resolved", "discarded"]) {
    const first = failure();
    await table.record(first);
    await setState(first.id, state);
    t.equal(await table.begin(replay(first.id, "claim-1")), state === "resolved" ? "settled" : "stale");
    t.equal(await table.begin(replay(first.id, "another")), "stale");
    t.match(await read(first.id), { state });
  }
  t.equal(await table.begin(replay("erased", "claim-1")), "stale");
  t.equal(await read("erased"), undefined);
});

t.test("what an earlier version replayed, without a claim, counts until somebody claims the record", async (t) => {
  const { table, read, setState } = await prepare();
  const first = failure();
  await table.record(first);
  const replay = { id: first.id, claim: undefined };
  t.equal(await table.begin(replay), "storing");
  t.equal(await table.begin(replay), "storing");
  t.equal(await table.resolve(replay, "stored"), true);
  t.match(await read(first.id), { state: "resolved" });
  t.equal(await table.begin(replay), "settled");
  const second = failure();
  await table.record(second);
  await setState(second.id, "open");
  t.equal(await table.begin({ id: second.id, claim: undefined }), "stale");
});

t.test("a replay that is stored or a duplicate resolves its record, once, and under its claim alone", async (t) => {
  const { table, read, setState } = await prepare();
  for (const outcome of ["stored", "duplicate"] as const) {
    const first = failure();
    await table.record(first);
    await setState(first.id, "storing");
    t.equal(await table.resolve({ id: first.id, claim: "another" }, outcome), true);
    t.match(await read(first.id), { state: "storing", history: { length: 1 } });
    for (let times = 0; times < 2; times += 1) {
      t.equal(await table.resolve({ id: first.id, claim: "claim-1" }, outcome), true);
      t.match(await read(first.id), { state: "resolved", history: { length: 2 } });
    }
  }
});

t.test("what was discarded stays so, and what was erased does not come back by a replay", async (t) => {
  const { table, read, setState } = await prepare();
  const discarded = failure();
  await table.record(discarded);
  await setState(discarded.id, "discarded");
  t.equal(await table.resolve({ id: discarded.id, claim: "claim-1" }, "stored"), true);
  t.match(await read(discarded.id), { state: "discarded" });
  t.equal(await table.resolve({ id: "never-heard-of", claim: "claim-1" }, "stored"), true);
  t.equal(await read("never-heard-of"), undefined);
});

t.test("a registration with a number that no table takes is kept as its body alone, and that is said", async (t) => {
  const { table, read, log, breaker } = await prepare();
  for (const [index, answers] of [{ guests: 1e-200 }, { guests: 2, tiny: -5e-324 }].entries()) {
    const registration = somebody({ answers });
    const rejected = failure({ id: registration.id, registration, body: encodePack([registration]) });
    t.equal(await table.record(rejected), true);
    const record = await read(registration.id);
    t.match(record, { state: "open", failures: 1, body: rejected.body, reason: "rejected-by-table" });
    t.notOk("registration" in record!);
    t.equal(await table.record({ ...rejected, messageId: "again" }), true);
    t.match(await read(registration.id), { failures: 2 });
    t.equal(log.records.filter(({ msg }) => /kept as its body alone/.test(msg ?? "")).length, 2 * (index + 1));
  }
  t.equal(breaker.state, "closed");
});

t.test("a record that has no room for another history entry still changes its state", async (t) => {
  const { table, read, setState, log, tableName } = await prepare();
  const first = failure({ body: "x".repeat(252_000), registration: undefined });
  await table.record(first);
  const line = (length: number) => ({ at: "", who: "ann", what: "edited", detail: "y".repeat(length) });
  /** Fills the item up to its last line. @returns whether the table takes it */
  const fill = (lastLine: number) =>
    engines.documents
      .send(
        new UpdateCommand({
          TableName: tableName,
          Key: { id: first.id },
          UpdateExpression: "SET history = :full",
          ExpressionAttributeValues: { ":full": [...Array.from({ length: 140 }, () => line(1_000)), line(lastLine)] },
        }),
      )
      .then(
        () => true,
        () => false,
      );
  await setState(first.id, "storing");
  let lastLine = 20_000;
  while (!(await fill(lastLine))) lastLine -= 50;
  // Room for another reason and detail, but not for an entry about them.
  t.ok(await fill(lastLine - 200));
  const detail = "z".repeat(160);
  t.equal(await table.record({ ...first, claim: "claim-1", messageId: "again", detail }), true);
  t.match(await read(first.id), { state: "open", failures: 2, detail, history: { length: 141 } });
  t.ok(log.records.some(({ msg }) => /no room/.test(msg ?? "")));
});

t.test("what its table rejects even so stays on the queue, and that is said each time", async (t) => {
  const { table, log } = await prepare();
  engines.dynamoDbProxy.intervene(({ operation }) =>
    operation === "PutItem" ? awsError("ValidationException", "nothing fits") : undefined,
  );
  t.equal(await table.record(failure()), false);
  t.match(log.records.at(-1), { msg: /cannot be recorded/ });
});

t.test("while the table is denied or down nothing counts as written; it waits, tells why and goes on", async (t) => {
  const { table, breaker, read, setState } = await prepare();
  for (const [operation, run] of [
    ["PutItem", (id: string) => table.record(failure({ id }))],
    ["UpdateItem", (id: string) => table.resolve({ id, claim: "claim-1" }, "stored")],
  ] as const) {
    await table.record(failure({ id: `${operation}-1` }));
    await setState(`${operation}-1`, "storing");
    engines.dynamoDbProxy.intervene((call) =>
      call.operation === operation ? awsError("AccessDeniedException", "not authorized") : undefined,
    );
    let done: boolean | undefined;
    const running = run(`${operation}-${operation === "PutItem" ? 2 : 1}`).then((value) => (done = value));
    await eventually(() => breaker.state !== "closed", "the circuit opened");
    t.match(breaker.systemError, { action: `dynamodb:${operation}`, message: /Roles\/WorkerRole/ });
    t.equal(done, undefined);
    engines.calm();
    t.equal(await running, true);
  }
  t.match(await read("PutItem-2"), { state: "open" });
  t.match(await read("UpdateItem-1"), { state: "resolved" });
});

t.test("a stop lets go of what cannot be written", async (t) => {
  const { table, caller } = await prepare();
  engines.dynamoDbProxy.intervene(() => "cut");
  const recording = table.record(failure());
  const beginning = table.begin({ id: "any", claim: "claim-1" });
  caller.close();
  t.equal(await recording, false);
  t.equal(await beginning, "unfinished");
});
