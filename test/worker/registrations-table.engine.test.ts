import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../equipment/file-test.ts";
import type { Outcome } from "../../shared/registration/outcome.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { createTombstone, tombstoneSeconds, type TombstoneItem } from "../../shared/registration/tombstone.ts";
import { createRegistrationsTable, type RegistrationsTableOptions } from "../../worker/registrations-table.ts";
import { awsError, type Input, type Intervention } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { people, somebody } from "../equipment/people.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

const storedAt = Date.parse("2026-03-01T10:00:05.000Z");

async function prepare(options: Partial<RegistrationsTableOptions> = {}) {
  const tableName = options.tableName ?? (await engines.createTable());
  const outcomesTableName = options.outcomesTableName ?? (await engines.createTable("id"));
  const calls: [statements: number, attempts: number][] = [];
  const table = createRegistrationsTable({
    documents: engines.documents,
    tableName,
    outcomesTableName,
    wallClock: () => storedAt,
    onCall: (statements, attempts) => calls.push([statements, attempts]),
    ...options,
  });
  const lookupsBefore = engines.dynamoDbProxy.callsOf("BatchGetItem").length;
  return {
    table,
    tableName,
    outcomesTableName,
    calls,
    put: (item: object) => engines.documents.send(new PutCommand({ TableName: tableName, Item: item })),
    putOutcome: (id: string, outcome: Outcome) =>
      engines.documents.send(new PutCommand({ TableName: outcomesTableName, Item: { id, outcome } })),
    lookups: () => engines.dynamoDbProxy.callsOf("BatchGetItem").length - lookupsBefore,
    items: () => engines.items(tableName),
  };
}

/** Answers in the engine's place: an outcome of each statement, in order; nothing is a success. */
function answerStatements(codes: readonly ({ Code: string; Message?: string } | undefined)[]): void {
  engines.dynamoDbProxy.intervene(({ operation }) =>
    operation === "BatchExecuteStatement"
      ? { answer: { Responses: codes.map((error) => (error ? { Error: error } : {})) } }
      : undefined,
  );
}

const duplicate = ({ id, email }: Registration) => ({
  kind: "outcome",
  outcome: "duplicate",
  duplicateOf: id,
  settled: false,
  item: { email, registrationId: id },
});
const kinds = (outcomes: readonly { kind: string }[]) => outcomes.map((outcome) => outcome.kind);

t.test("a registration is stored as it was sent, with the moment of storing", async (t) => {
  const { table, items } = await prepare();
  const registration = somebody({
    name: "Zoë 𝒵 O'Neill 🎟️",
    answers: {
      text: "a\nb",
      number: 0.1,
      large: 2 ** 53 - 1,
      tick: true,
      no: false,
      empty: "",
      days: ["a", "𝒵"],
      none: [],
    },
  });
  t.match(await table.insert([registration]), [{ kind: "stored", fresh: true }]);
  const { email, id, name, answers, submittedAt } = registration;
  t.same(await items(), [
    { email, registrationId: id, name, answers, submittedAt, storedAt: "2026-03-01T10:00:05.000Z" },
  ]);
});

t.test("25 different people are one call", async (t) => {
  const { table, items, calls, lookups } = await prepare();
  const all = people(25);
  t.match(
    await table.insert(all),
    all.map(() => ({ kind: "stored", fresh: true })),
  );
  t.match(calls, [[25, 1]]);
  t.equal(lookups(), 0);
  t.equal((await items()).length, 25);
});

t.test("with a retention, DynamoDB is told when to forget; without one, never", async (t) => {
  const { table, items } = await prepare({ retentionDays: 30 });
  await table.insert(people(1));
  t.equal((await items())[0]!.expiresAt, storedAt / 1_000 + 30 * 86_400);
});

t.test("the first registration of an address wins; the second never overwrites it, whatever it holds", async (t) => {
  const { table, items } = await prepare();
  const first = somebody({ name: "First" });
  const second = { ...somebody({ name: "Second", answers: { x: "y" } }), email: first.email };
  await table.insert([first]);
  t.match(await table.insert([second]), [duplicate(first)]);
  t.match(await items(), [{ registrationId: first.id, name: "First", answers: {} }]);
});

t.test(
  "all of a call are dated alike, whether their address was free or taken, however long the call takes",
  async (t) => {
    let time = storedAt;
    const { table, items } = await prepare({ wallClock: () => (time += 1) });
    const [first, second, third] = people(3) as [Registration, Registration, Registration];
    await table.insert([second]);
    const before = time;
    const results = await table.insert([first, { ...second, id: "another-registration" }, third]);
    const expected = before + 1;
    t.match(results, [{ triedAt: expected }, { kind: "outcome", triedAt: expected }, { triedAt: expected }]);
    const storedAtOf = new Map((await items()).map((item) => [item.email, item.storedAt]));
    const iso = new Date(expected).toISOString();
    t.same(
      [first, third].map(({ email }) => storedAtOf.get(email)),
      [iso, iso],
    );
  },
);

t.test("the same registration once more is stored, not a duplicate, and nothing is written", async (t) => {
  const { table, items } = await prepare();
  const registration = somebody();
  await table.insert([registration]);
  const before = await items();
  t.match(await table.insert([registration]), [{ kind: "stored", fresh: false }]);
  t.same(await items(), before);
});

t.test(
  "known and unknown people in one call get an outcome each, in order, with one lookup for all known",
  async (t) => {
    const { table, lookups } = await prepare();
    const [a, b, c, d] = people(4) as [Registration, Registration, Registration, Registration];
    await table.insert([a, c]);
    const outcomes = await table.insert([a, b, { ...c, id: "another-submission" }, d]);
    t.match(outcomes, [
      { kind: "stored", fresh: false },
      { kind: "stored", fresh: true },
      duplicate(c),
      { kind: "stored", fresh: true },
    ]);
    t.equal(lookups(), 1, "of both tables");
  },
);

t.test("an insert whose answer was lost and which the SDK repeated is stored, not a duplicate", async (t) => {
  const { table, calls, items } = await prepare();
  const registration = somebody();
  let lost = 0;
  engines.dynamoDbProxy.intervene(({ operation }) => {
    if (operation !== "BatchExecuteStatement" || lost > 0) return undefined;
    lost += 1;
    return "lose the answer";
  });
  t.match(await table.insert([registration]), [{ kind: "stored", fresh: false }]);
  t.same(calls, [[1, 2]], "and the attempt that nobody saw is counted");
  t.equal((await items()).length, 1);
});

t.test("a registration that the table will never take does no harm to those beside it", async (t) => {
  const { table, items } = await prepare();
  const large = somebody({ answers: { text: "x".repeat(410_000) } });
  const [before, after] = people(2) as [Registration, Registration];
  const outcomes = await table.insert([before, large, after]);
  t.same(kinds(outcomes), ["stored", "rejected", "stored"]);
  t.match(outcomes[1], { reason: "item-too-large", detail: /size/i });
  t.equal((await items()).length, 2);
});

t.test(
  "a call that is rejected as a whole is repeated one by one, so that only who spoiled it is rejected",
  async (t) => {
    const { table, items } = await prepare();
    const all = people(3);
    const spoiler = all[1]!.email;
    engines.dynamoDbProxy.intervene(({ operation, input }) => {
      const holds = operation === "BatchExecuteStatement" && JSON.stringify(input).includes(spoiler);
      return holds ? awsError("ValidationException", `Invalid value for ${spoiler}`) : undefined;
    });
    const outcomes = await table.insert(all);
    t.same(kinds(outcomes), ["stored", "rejected", "stored"]);
    t.match(outcomes[1], { reason: "rejected-by-table" });
    t.notMatch(JSON.stringify(outcomes), spoiler, "no detail quotes an address");
    t.equal((await items()).length, 2);
  },
);

t.test(
  "two registrations of one address in a call, which DynamoDB rejects as a whole, still lose nobody",
  async (t) => {
    const { table, items } = await prepare();
    const first = somebody();
    const second = { ...somebody(), email: first.email };
    const outcomes = await table.insert([first, second]);
    t.same(kinds(outcomes), ["stored", "outcome"]);
    t.equal((await items()).length, 1);
  },
);

t.test("what AWS answers for a whole call is everybody's outcome", async (t) => {
  const answered = await prepare({ documents: engines.createDocuments({ maxAttempts: 1 }) });
  const unanswered = await prepare({ documents: engines.createDocuments({ requestTimeoutMs: 100, maxAttempts: 1 }) });
  const expected: [Intervention, string, string?][] = [
    [awsError("ThrottlingException"), "throttled"],
    [awsError("ProvisionedThroughputExceededException"), "throttled"],
    [awsError("AccessDeniedException"), "system", "access-denied"],
    [awsError("InternalServerError", "oops", 500), "system", "unreachable"],
    ["cut", "system", "unreachable"],
    ["swallow", "system", "unreachable"],
  ];
  for (const [intervention, kind, errorKind] of expected) {
    engines.dynamoDbProxy.intervene(() => intervention);
    const { table } = intervention === "swallow" ? unanswered : answered;
    const outcomes = await table.insert(people(2));
    t.match(
      outcomes,
      [{ kind }, { kind, ...(errorKind && { systemError: { kind: errorKind } }) }],
      JSON.stringify(intervention),
    );
  }
});

t.test("denied access names the action, the table and the construct, for a statement and for a call", async (t) => {
  const { table, tableName } = await prepare();
  const said = "User: arn:aws:sts::1:assumed-role/x is not authorized";
  const named = { action: "dynamodb:PartiQLInsert", resource: tableName, message: /Roles\/WorkerRole.*not authorized/ };
  answerStatements([{ Code: "AccessDenied", Message: said }]);
  t.match(await table.insert(people(1)), [{ kind: "system", systemError: { kind: "access-denied", ...named } }]);
  engines.dynamoDbProxy.intervene(() => awsError("AccessDeniedException", said));
  t.match(await table.insert(people(1)), [{ kind: "system", systemError: { kind: "access-denied", ...named } }]);
});

t.test("a table that does not exist, or has another key, is a system error: nobody is rejected for it", async (t) => {
  const { table: missing } = await prepare({ tableName: "no-such-table" });
  const [gone] = await missing.insert(people(2));
  t.match(gone, { kind: "system", systemError: { kind: "missing-resource", message: /no-such-table does not exist/ } });
  const { table: wrong } = await prepare({ tableName: await engines.createTable("id") });
  t.same(kinds(await wrong.insert(people(2))), ["system", "system"]);
  const { table: blind } = await prepare({ outcomesTableName: "no-such-outcomes" });
  const somebodyTwice = somebody();
  await blind.insert([somebodyTwice]);
  t.match(await blind.insert([somebodyTwice]), [
    { kind: "system", systemError: { action: "dynamodb:BatchGetItem", resource: /no-such-outcomes/ } },
  ]);
});

t.test("while the lookup fails nobody is called a duplicate", async (t) => {
  const { table } = await prepare();
  const first = somebody();
  await table.insert([first]);
  const second = { ...somebody(), email: first.email };
  const lookupAnswers = (intervention: Intervention) =>
    engines.dynamoDbProxy.intervene(({ operation }) => (operation === "BatchGetItem" ? intervention : undefined));

  lookupAnswers(awsError("AccessDeniedException"));
  t.match(await table.insert([second, somebody()]), [
    { kind: "system", systemError: { action: "dynamodb:BatchGetItem" } },
    { kind: "stored", fresh: true },
  ]);
  lookupAnswers(awsError("ThrottlingException"));
  t.same(kinds(await table.insert([second])), ["throttled"]);
  lookupAnswers({ alter: (answer: Input) => ({ ...answer, Responses: {} }) });
  t.same(kinds(await table.insert([second])), ["failed"], "what was left unprocessed is undecided");
});

t.test(
  "control: a plain put would overwrite the first registration, and the read of the table would see it",
  async (t) => {
    const { table, tableName, items } = await prepare();
    const first = somebody({ name: "First" });
    await table.insert([first]);
    await engines.documents.send(
      new PutCommand({ TableName: tableName, Item: { email: first.email, registrationId: "x", name: "Second" } }),
    );
    t.match(await items(), [{ name: "Second" }]);
  },
);

const submittedAt = "2026-03-01T09:00:00.000Z";
const erasedAt = Date.parse("2026-03-01T09:30:00.000Z");
const later = "2026-03-01T09:30:00.001Z";

function tombstoneOf({ email }: Registration, kind: TombstoneItem["tombstone"], id = "the-one-before"): TombstoneItem {
  return createTombstone(email, kind, id, erasedAt);
}

t.test("an outcome that stands under its own id settles a registration, whatever its address holds", async (t) => {
  const { table, put, putOutcome, items } = await prepare();
  const all = people(4) as [Registration, Registration, Registration, Registration];
  const outcomes: Outcome[] = ["duplicate", "erased", "withdrawn", "discarded"];
  for (const [index, { id, email }] of all.entries()) {
    await put(index < 2 ? { email, registrationId: "another-one" } : tombstoneOf(all[index]!, "withdrawn"));
    await putOutcome(id, outcomes[index]!);
  }
  const before = await items();
  t.match(
    await table.insert(all),
    outcomes.map((outcome) => ({ kind: "outcome", outcome, settled: true })),
  );
  t.same(await items(), before, "not even a tombstone that would give way is replaced");
});

t.test("what was erased or withdrawn and comes again stays so", async (t) => {
  const { table, put, items } = await prepare();
  const [erased, withdrawn] = people(2) as [Registration, Registration];
  await put(tombstoneOf(erased, "erased", erased.id));
  await put(tombstoneOf(withdrawn, "withdrawn", withdrawn.id));
  const before = await items();
  t.match(await table.insert([erased, withdrawn]), [
    { kind: "outcome", outcome: "erased", settled: false },
    { kind: "outcome", outcome: "withdrawn", settled: false },
  ]);
  t.same(await items(), before);
});

t.test("an erased address: what was submitted before is erased, what comes later takes its place", async (t) => {
  const { table, put, items } = await prepare({ retentionDays: 1 });
  const before = somebody({ submittedAt });
  const after = { ...somebody({ submittedAt: later }), email: before.email };
  await put(tombstoneOf(before, "erased"));
  t.match(await table.insert([before]), [{ kind: "outcome", outcome: "erased" }]);
  t.match(await table.insert([after]), [{ kind: "stored", fresh: true }]);
  const { id, email, name, answers } = after;
  t.same(
    await items(),
    [
      {
        email,
        registrationId: id,
        name,
        answers,
        submittedAt: later,
        storedAt: "2026-03-01T10:00:05.000Z",
        expiresAt: storedAt / 1_000 + 86_400,
      },
    ],
    "nothing of the tombstone is left",
  );
  t.match(await table.insert([after]), [{ kind: "stored", fresh: false }], "and it is the item from now on");
  t.match(await table.insert([before]), [{ outcome: "duplicate", duplicateOf: after.id }]);
});

t.test("a withdrawn address takes another registration, whenever that one was submitted", async (t) => {
  const { table, put, items } = await prepare();
  const other = somebody({ submittedAt });
  await put(tombstoneOf(other, "withdrawn"));
  t.match(await table.insert([other]), [{ kind: "stored", fresh: true }]);
  t.match(await items(), [{ registrationId: other.id }]);
});

t.test("a tombstone whose time is over gives way, although the table has it still", async (t) => {
  const { table, put } = await prepare({ wallClock: () => erasedAt + tombstoneSeconds * 1_000 + 1_000 });
  const before = somebody({ submittedAt });
  await put(tombstoneOf(before, "erased"));
  t.match(await table.insert([before]), [{ kind: "stored", fresh: true }]);
});

t.test("a tombstone is replaced on the condition that it is that very one", async (t) => {
  const { table, put, items } = await prepare();
  const comer = somebody({ submittedAt: later });
  const races: [string, object][] = [
    ["somebody was quicker", { email: comer.email, registrationId: "quicker", submittedAt: later }],
    ["erased again meanwhile", createTombstone(comer.email, "erased", "the-one-before", Date.parse(later) + 1)],
    ["withdrawn meanwhile", tombstoneOf(comer, "withdrawn")],
  ];
  for (const [what, meanwhile] of races) {
    await put(tombstoneOf(comer, "erased"));
    engines.dynamoDbProxy.intervene(async ({ operation, input }) => {
      if (operation !== "PutItem" || !("ConditionExpression" in input)) return undefined;
      await put(meanwhile);
      return undefined;
    });
    t.same(kinds(await table.insert([comer])), ["failed"], `${what}: decided again`);
    engines.calm();
    t.same(await items(), [meanwhile], what);
  }
});

t.test("a replacement that is denied, throttled or rejected is known for what it is", async (t) => {
  const { table, put, tableName } = await prepare({
    documents: engines.createDocuments({ maxAttempts: 1 }),
  });
  const comer = somebody({ submittedAt: later });
  await put(tombstoneOf(comer, "erased"));
  const expected: [Intervention, object][] = [
    [
      awsError("AccessDeniedException"),
      { kind: "system", systemError: { kind: "access-denied", action: "dynamodb:PutItem", resource: tableName } },
    ],
    [awsError("ThrottlingException"), { kind: "throttled" }],
    [awsError("ValidationException", "Item size has exceeded"), { kind: "rejected", reason: "item-too-large" }],
    ["cut", { kind: "system", systemError: { kind: "unreachable" } }],
  ];
  for (const [intervention, result] of expected) {
    engines.dynamoDbProxy.intervene(({ operation }) => (operation === "PutItem" ? intervention : undefined));
    t.match(await table.insert([comer]), [result]);
  }
  engines.calm();
  t.match(await table.insert([comer]), [{ kind: "stored", fresh: true }]);
});

t.test("whose outcome the lookup did not get to is undecided", async (t) => {
  const { table, put, putOutcome, outcomesTableName } = await prepare();
  const comer = somebody({ submittedAt: later });
  await put(tombstoneOf(comer, "erased"));
  await putOutcome(comer.id, "withdrawn");
  engines.dynamoDbProxy.intervene(({ operation }) =>
    operation === "BatchGetItem"
      ? {
          alter: (answer: Input) => ({
            ...answer,
            Responses: { ...(answer.Responses as Input), [outcomesTableName]: [] },
            UnprocessedKeys: { [outcomesTableName]: { Keys: [{ id: { S: comer.id } }] } },
          }),
        }
      : undefined,
  );
  t.same(kinds(await table.insert([comer])), ["failed"]);
  engines.calm();
  t.match(await table.insert([comer]), [{ outcome: "withdrawn", settled: true }]);
});

t.test("one id at two addresses, as of a mended replay beside its original, is looked up once", async (t) => {
  const { table } = await prepare();
  const original = somebody();
  const mended = { ...original, email: somebody().email };
  await table.insert([original, mended]);
  t.match(await table.insert([original, mended]), [
    { kind: "stored", fresh: false },
    { kind: "stored", fresh: false },
  ]);
});

t.test("what became of the first of an address tells what becomes of the later ones, where it does", async (t) => {
  const { table } = await prepare();
  const first = somebody({ submittedAt });
  const same = { ...first };
  const other = { ...somebody({ submittedAt }), email: first.email };
  const afterwards = { ...other, submittedAt: later };
  const triedAt = Date.parse(later) + 7;
  const fresh = { kind: "stored", fresh: true, triedAt } as const;
  t.same(table.follow(first, fresh, same), { kind: "stored", fresh: false, triedAt });
  t.match(table.follow(first, fresh, other), { outcome: "duplicate", duplicateOf: first.id, settled: false, triedAt });

  const item = { registrationId: "holder" };
  const held = { kind: "outcome", outcome: "duplicate", settled: false, item, triedAt } as const;
  t.match(table.follow(first, held, other), { outcome: "duplicate", duplicateOf: "holder", settled: false });
  t.same(table.follow(first, held, { ...other, id: "holder" }), { kind: "stored", fresh: false, triedAt });

  const gone = { ...held, outcome: "erased", item: tombstoneOf(first, "erased") } as const;
  t.match(table.follow(first, gone, other), { outcome: "erased", settled: false });
  t.equal(table.follow(first, gone, afterwards), undefined, "before it replaces the tombstone its own outcome counts");
  t.equal(table.follow(first, { ...held, settled: true, item: undefined }, other), undefined);
  t.equal(table.follow(first, { kind: "rejected", reason: "item-too-large", detail: "" }, other), undefined);
});
