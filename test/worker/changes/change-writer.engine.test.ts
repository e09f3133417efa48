import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { encodeChanges, encodePack } from "../../../shared/registration/registration-pack.ts";
import type { Change, Correction, Withdrawal } from "../../../shared/registration/change.ts";
import type { Registration } from "../../../shared/registration/registration.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";
import { somebody } from "../../equipment/people.ts";
import { message, prepareProcessor } from "../prepared-processor.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

const submitted = Date.parse("2026-03-01T10:00:00.000Z");
const at = (seconds: number) => new Date(submitted + seconds * 1_000).toISOString();
/** All of it happens within minutes of the submissions. */
const wallClock = () => submitted + 300_000;

function correction(of: Registration, seconds: number, changes: Partial<Registration> = {}): Correction {
  return { ...of, kind: "correction", changedAt: at(seconds), name: `Corrected after ${seconds} s`, ...changes };
}

function withdrawal({ id, email, submittedAt }: Registration, seconds: number, mailbox?: true): Withdrawal {
  return { kind: "withdrawal", id, email, submittedAt, changedAt: at(seconds), ...(mailbox && { mailbox }) };
}

/** A dead letter of a registration, open unless told otherwise. */
function recordOf(person: Registration, more: object = {}): Record<string, unknown> {
  return {
    id: person.id,
    state: "open",
    reason: "rejected-by-table",
    detail: "",
    body: encodePack([person]),
    registration: person,
    firstFailedAt: at(10),
    lastFailedAt: at(10),
    failures: 1,
    history: [],
    messageId: "m",
    ...more,
  };
}

async function prepare(expired: () => ReadonlySet<string> = () => new Set()) {
  const prepared = await prepareProcessor(engines, { wallClock, expired });
  return {
    ...prepared,
    register: (...registrations: Registration[]) => prepared.processor.process(message(encodePack(registrations))),
    change: (...changes: Change[]) => prepared.processor.process(message(encodeChanges(changes))),
    outcomeOf: async (id: string) =>
      (await engines.items(prepared.outcomesTableName)).find((item) => item.id === id)?.outcome,
  };
}

t.test("a correction replaces the content and keeps id, address, submission and time of storing", async (t) => {
  const { register, change, stored, changes } = await prepare();
  const person = somebody({ answers: { diet: "vegan" } });
  await register(person);
  const [before] = await stored();
  t.equal(await change(correction(person, 60, { answers: { seats: 2 } })), true);
  t.same(await stored(), [{ ...before, name: "Corrected after 60 s", answers: { seats: 2 }, changedAt: at(60) }]);
  t.same(changes, ["correction applied"]);
});

t.test("a correction before its registration is stored as that, and the registration does not undo it", async (t) => {
  const { register, change, stored, outcomesTable } = await prepare();
  const person = somebody();
  await change(correction(person, 60));
  t.match(await stored(), [
    { registrationId: person.id, name: "Corrected after 60 s", submittedAt: person.submittedAt },
  ]);
  t.equal(await register(person), true);
  t.match(await stored(), [{ registrationId: person.id, name: "Corrected after 60 s", changedAt: at(60) }]);
  t.same(await outcomesTable(), []);
});

t.test("a correction of what was never stored and cannot come any more stores nothing", async (t) => {
  const { change, stored } = await prepare();
  const long = new Date(submitted - 15 * 86_400_000).toISOString();
  await change(correction(somebody({ submittedAt: long }), 60));
  t.same(await stored(), []);
});

t.test("a correction of a duplicate changes nobody's registration", async (t) => {
  const { register, change, stored, outcomeOf } = await prepare();
  const first = somebody();
  const second = somebody({ email: first.email, name: "Somebody Else" });
  await register(first);
  const before = await stored();
  // Before its registration, and after it.
  await change(correction(second, 60));
  await register(second);
  await change(correction(second, 61));
  t.same(await stored(), before);
  t.equal(await outcomeOf(second.id), "duplicate");
});

t.test(
  "a correction that comes before its registration while another one stands is not lost when that one withdraws",
  async (t) => {
    const { register, change, stored, outcomeOf } = await prepare();
    const first = somebody();
    const second = somebody({ email: first.email, name: "Somebody Else" });
    await register(first);
    await change(correction(second, 60));
    t.equal(await outcomeOf(second.id), "duplicate", "it became what its registration would have become");
    await change(withdrawal(first, 61));
    t.equal(await register(second), true);
    t.match(await stored(), [{ registrationId: first.id, tombstone: "withdrawn" }], "not stored as it was first sent");
    t.equal(await outcomeOf(second.id), "duplicate");
  },
);

t.test("a withdrawal leaves only a tombstone and the outcome, and a redelivery changes neither", async (t) => {
  const { register, change, stored, outcomeOf } = await prepare();
  const person = somebody();
  await register(person);
  for (let delivery = 1; delivery <= 2; delivery += 1) {
    t.equal(await change(withdrawal(person, 60)), true);
    t.match(await stored(), [
      { email: person.email, tombstone: "withdrawn", registrationId: person.id, name: undefined },
    ]);
    t.equal(await outcomeOf(person.id), "withdrawn");
    await register(person);
  }
});

t.test(
  "after a withdrawal the address may register again, and late deliveries of the first change nothing",
  async (t) => {
    const { register, change, stored, outcomeOf } = await prepare();
    const first = somebody();
    const second = somebody({ email: first.email, submittedAt: at(120), name: "Again" });
    await register(first);
    await change(withdrawal(first, 60));
    await register(second);
    const standing = await stored();
    t.match(standing, [{ registrationId: second.id, name: "Again", tombstone: undefined }]);
    await register(first);
    await change(correction(first, 200), withdrawal(first, 201));
    t.same(await stored(), standing);
    t.equal(await outcomeOf(first.id), "withdrawn");
    t.equal(await outcomeOf(second.id), undefined);
  },
);

t.test("a duplicate that withdraws is withdrawn, and the registration under the address stands", async (t) => {
  const { register, change, stored, outcomeOf } = await prepare();
  const first = somebody();
  const [before, after] = [somebody({ email: first.email }), somebody({ email: first.email })];
  await register(first, after);
  const standing = await stored();
  await change(withdrawal(before, 60), withdrawal(after, 60));
  await register(before);
  t.same(await stored(), standing);
  t.same([await outcomeOf(before.id), await outcomeOf(after.id)], ["withdrawn", "withdrawn"]);
});

t.test("what was erased stays erased, whatever its attendee sends later", async (t) => {
  const { change, register, stored, tableName, outcomeOf } = await prepare();
  const person = somebody();
  const tombstone = createTombstone(person.email, "erased", "the-erasure", submitted + 30_000);
  await engines.documents.send(new PutCommand({ TableName: tableName, Item: tombstone }));
  await change(correction(person, 60), withdrawal(person, 61));
  await register(person);
  t.match(await stored(), [{ tombstone: "erased" }]);
  t.equal(await outcomeOf(person.id), "erased");
});

t.test(
  "an open dead letter is what its correction says, and is discarded with its content by a withdrawal",
  async (t) => {
    const { change, records, recordsName, stored, outcomeOf } = await prepare();
    const person = somebody();
    await engines.documents.send(new PutCommand({ TableName: recordsName, Item: recordOf(person) }));
    await change(correction(person, 61));
    await change(correction(person, 60));
    t.match(await records(), [
      {
        state: "open",
        registration: { name: "Corrected after 61 s", changedAt: at(61), kind: undefined },
        history: [{ who: "attendee", what: "edited" }],
      },
    ]);
    t.same(await stored(), []);
    await change(withdrawal(person, 62));
    const [discarded] = await records();
    t.match(discarded, { state: "discarded", body: "", registration: undefined });
    t.notMatch(JSON.stringify(discarded), person.email);
    t.equal(await outcomeOf(person.id), "withdrawn");
  },
);

t.test("a corrected dead letter that is replayed over its stored registration corrects that", async (t) => {
  const { register, stored, recordsName, records } = await prepare();
  const person = somebody();
  await register(person);
  const replayed = { ...person, name: "Corrected", changedAt: at(60), replayOf: person.id, claim: "c" };
  const record = { id: person.id, state: "replayed", failures: 1, history: [], claim: "c", claimedBy: "a" };
  await engines.documents.send(new PutCommand({ TableName: recordsName, Item: record }));
  await register(replayed);
  t.match(await stored(), [{ name: "Corrected", changedAt: at(60), replayOf: undefined, claim: undefined }]);
  t.match(await records(), [{ state: "resolved" }]);
});

t.test("a correction that the table rejects is dead-lettered as one, and later ones still count", async (t) => {
  const { register, change, stored, deadLetters } = await prepare();
  const person = somebody();
  await register(person);
  engines.dynamoDbProxy.intervene(({ operation }) =>
    operation === "UpdateItem" ? awsError("ValidationException", "too odd") : undefined,
  );
  t.equal(await change(correction(person, 60)), true);
  engines.calm();
  const [letter] = await deadLetters();
  t.match(letter, { reason: "rejected-by-table" });
  t.match(JSON.parse(letter!.body!), { v: 2, registrations: [{ kind: "correction", id: person.id }] });
  await change(correction(person, 61));
  t.match(await stored(), [{ name: "Corrected after 61 s" }]);
});

t.test("changes that SQS moved to the dead-letter queue are applied from there", async (t) => {
  const { register, collector, stored, records, outcomeOf } = await prepare();
  const [corrected, withdrawn] = [somebody(), somebody()];
  await register(corrected, withdrawn);
  const body = encodeChanges([correction(corrected, 60), withdrawal(withdrawn, 60)]);
  t.equal(await collector.collect({ Body: body, MessageId: "m" }), true);
  const items = new Map((await stored()).map((item) => [item.email, item]));
  t.match(items.get(corrected.email), { name: "Corrected after 60 s" });
  t.match(items.get(withdrawn.email), { tombstone: "withdrawn" });
  t.equal(await outcomeOf(withdrawn.id), "withdrawn");
  t.same(await records(), []);
});

t.test(
  "a rejected change has a record of its own, beside that of its registration, and its replay corrects",
  async (t) => {
    const { register, collector, stored, records, recordsName } = await prepare();
    const person = somebody();
    await register(person);
    await engines.documents.send(
      new PutCommand({ TableName: recordsName, Item: recordOf(person, { state: "resolved" }) }),
    );
    const reason = { DataType: "String", StringValue: "item-too-large" };
    const body = encodeChanges([correction(person, 60)]);
    t.equal(await collector.collect({ Body: body, MessageId: "m2", MessageAttributes: { reason } }), true);
    const own = (await records()).find(({ id }) => id !== person.id) as { id: string; registration: Registration };
    t.match(own, { state: "open", registration: { id: person.id, changedAt: at(60) } });
    await register({ ...own.registration, replayOf: own.id });
    t.match(await stored(), [{ name: "Corrected after 60 s" }]);
  },
);

t.test("a correction keeps the address that an organiser has mended, and a withdrawal reaches it", async (t) => {
  const { register, change, stored, records, recordsName, outcomeOf } = await prepare();
  const person = somebody();
  const mended = { ...person, email: `right-${person.email}` };
  await engines.documents.send(
    new PutCommand({ TableName: recordsName, Item: recordOf(person, { registration: mended }) }),
  );
  await change(correction(person, 60));
  t.match(await records(), [{ registration: { email: mended.email, name: "Corrected after 60 s" } }]);
  // Replayed, but not stored yet.
  const claim = { state: "replayed", claim: "c", registration: { ...mended, changedAt: at(60) } };
  await engines.documents.send(new PutCommand({ TableName: recordsName, Item: recordOf(person, claim) }));
  await change(withdrawal(person, 61));
  await register({ ...mended, replayOf: person.id, claim: "c" });
  t.equal(await outcomeOf(person.id), "withdrawn");
  t.notOk(
    (await stored()).some((item) => "name" in item),
    "it is stored under neither address",
  );
});

t.test("a correction while its mended dead letter is replayed stands under one address", async (t) => {
  const { register, change, stored, recordsName } = await prepare();
  const person = somebody();
  const mended = { ...person, email: `right-${person.email}` };
  const replayed = { state: "replayed", claim: "c", registration: mended };
  await engines.documents.send(new PutCommand({ TableName: recordsName, Item: recordOf(person, replayed) }));
  await change(correction(person, 60));
  await register({ ...mended, replayOf: person.id, claim: "c" });
  t.match(await stored(), [{ email: mended.email, name: "Corrected after 60 s" }]);
});

t.test("what was withdrawn leaves nothing in its resolved dead letter, nor in its history", async (t) => {
  const { register, change, records, recordsName } = await prepare();
  const person = somebody();
  await register(person);
  const history = [
    { at: at(20), who: "admin", what: "edited", detail: "", changes: { email: { from: person.email } } },
  ];
  const resolved = recordOf(person, { state: "resolved", history });
  await engines.documents.send(new PutCommand({ TableName: recordsName, Item: resolved }));
  await change(withdrawal(person, 60));
  const [record] = await records();
  t.match(record, {
    state: "resolved",
    body: "",
    history: [{ what: "edited" }, { what: "discarded", who: "attendee" }],
  });
  t.notMatch(JSON.stringify(record), person.email);
});

t.test("a correction in the default language takes the place of one in another", async (t) => {
  const { register, change, stored } = await prepare();
  const person = somebody({ language: "de" });
  await register(person);
  const { language: _, ...inDefault } = correction(person, 60);
  await change(inDefault);
  t.notOk("language" in (await stored())[0]!);
});

/** All orders of delivery. */
function orders<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

const histories: Readonly<Record<string, { changes: (person: Registration) => Change[]; end: object }>> = {
  "of two corrections the later one counts": {
    changes: (person) => [correction(person, 60), correction(person, 61)],
    end: { name: "Corrected after 61 s" },
  },
  "a correction through the mailbox outranks a later one without it": {
    changes: (person) => [correction(person, 60, { mailbox: true }), correction(person, 61)],
    end: { name: "Corrected after 60 s", mailbox: true },
  },
  "of two corrections through the mailbox the later one counts, whatever else arrives": {
    changes: (person) => [
      correction(person, 60, { mailbox: true }),
      correction(person, 61, { mailbox: true }),
      correction(person, 62),
    ],
    end: { name: "Corrected after 61 s", mailbox: true },
  },
  "a withdrawal is final": {
    changes: (person) => [correction(person, 62), withdrawal(person, 61)],
    end: { tombstone: "withdrawn", name: undefined },
  },
};

for (const [what, { changes, end }] of Object.entries(histories)) {
  t.test(`${what}, in every order of delivery, with redeliveries`, async (t) => {
    const { processor, stored } = await prepare();
    const bodiesOf = (person: Registration) => [
      encodePack([person]),
      ...changes(person).map((one) => encodeChanges([one])),
    ];
    const all = orders(bodiesOf(somebody()).map((_, index) => index));
    await Promise.all(
      all.map(async (order) => {
        const bodies = bodiesOf(somebody());
        // Each comes once more at the end.
        for (const index of [...order, ...order]) await processor.process(message(bodies[index]!));
      }),
    );
    const items = await stored();
    t.equal(items.length, all.length);
    for (const item of items) t.match(item, end);
  });
}

t.test("a withdrawal without the mailbox does nothing once a correction with it is stored", async (t) => {
  const { register, change, stored, outcomeOf, changes } = await prepare();
  const person = somebody();
  await register(person);
  await change(correction(person, 60, { mailbox: true }));
  await change(withdrawal(person, 61));
  t.match(await stored(), [{ registrationId: person.id, name: "Corrected after 60 s" }]);
  t.equal(await outcomeOf(person.id), undefined);
  t.same(changes, ["correction applied", "withdrawal ignored"]);
  await change(withdrawal(person, 62, true));
  t.match(await stored(), [{ tombstone: "withdrawn" }]);
});

t.test("a withdrawal that a crash cut off is finished, whoever has claimed the mailbox meanwhile", async (t) => {
  const { register, change, stored, records, recordsName, outcomesTableName } = await prepare();
  const [registered, waiting] = [somebody(), somebody()];
  await register(registered);
  await engines.documents.send(new PutCommand({ TableName: recordsName, Item: recordOf(waiting) }));
  for (const { id } of [registered, waiting]) {
    // All that it had done.
    const outcome = { id, outcome: "withdrawn", at: at(100) };
    await engines.documents.send(new PutCommand({ TableName: outcomesTableName, Item: outcome }));
  }
  for (const person of [registered, waiting]) await change(correction(person, 101, { mailbox: true }));
  for (const person of [registered, waiting]) await change(withdrawal(person, 60));
  const items = (await stored()).filter(({ registrationId }) => registrationId === registered.id);
  t.match(items, [{ tombstone: "withdrawn", name: undefined }]);
  t.match(await records(), [{ state: "discarded", registration: undefined }]);
});

t.test("registrations and changes of one pack are all applied", async (t) => {
  const { processor, stored, packs } = await prepare();
  const [one, two] = [somebody(), somebody()];
  const entries = [correction(one, 60), one, withdrawal(two, 60), two];
  const body = JSON.stringify({ v: 2, registrations: entries });
  t.equal(await processor.process(message(body)), true);
  t.same(packs, [4]);
  const items = (await stored()).toSorted((a, b) => String(a.email).localeCompare(String(b.email)));
  t.match(items, [{ name: "Corrected after 60 s" }, { tombstone: "withdrawn" }]);
});

t.test("a throttled change is repeated until it is made", async (t) => {
  const { register, change, stored, deadLetters } = await prepare();
  const person = somebody();
  await register(person);
  let failures = 3;
  engines.dynamoDbProxy.intervene(({ operation }) => {
    if (operation !== "UpdateItem" || failures === 0) return undefined;
    failures -= 1;
    return awsError("ThrottlingException");
  });
  t.equal(await change(correction(person, 60)), true);
  t.match(await stored(), [{ name: "Corrected after 60 s" }]);
  t.same(await deadLetters(), []);
});

t.test(
  "what arrives after an answer has expired is stored without it: registration, correction and dead letter",
  async (t) => {
    let over = new Set<string>();
    const { register, change, stored, recordsName, records } = await prepare(() => over);
    const answers = { diet: "vegan", guests: 2 };
    const [early, late, corrected, ahead, waiting] = Array.from({ length: 5 }, () => somebody({ answers }));
    if (!early || !late || !corrected || !ahead || !waiting) throw new Error("five were made");
    await register(early, corrected);
    await engines.documents.send(new PutCommand({ TableName: recordsName, Item: recordOf(waiting) }));
    over = new Set(["diet"]);
    await register(late);
    await change(correction(corrected, 20), correction(ahead, 20), correction(waiting, 20));
    const items = new Map((await stored()).map((item) => [item.registrationId, item]));
    t.same(items.get(early.id)?.answers, answers, "what was stored before is for the periodic task");
    for (const { id } of [late, corrected, ahead]) t.same(items.get(id)?.answers, { guests: 2 }, id);
    t.equal(items.get(corrected.id)?.name, "Corrected after 20 s");
    const [record] = (await records()) as { registration: Registration }[];
    t.same(record?.registration.answers, { guests: 2 });
    t.equal(record?.registration.name, "Corrected after 20 s");
  },
);
