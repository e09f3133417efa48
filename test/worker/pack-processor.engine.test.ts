import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../equipment/file-test.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { createTombstone } from "../../shared/registration/tombstone.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { createManualClock } from "../equipment/manual-clock.ts";
import { message, prepareProcessor } from "./prepared-processor.ts";
import { people, somebody } from "../equipment/people.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

t.test("a pack is done when everybody in it is stored", async (t) => {
  const { processor, packs, outcomes, stored, deadLetters } = await prepareProcessor(engines);
  t.equal(await processor.process(message(encodePack(people(60)))), true);
  t.equal((await stored()).length, 60);
  t.same(packs, [60]);
  t.same(new Set(outcomes), new Set(["stored"]));
  t.same(await deadLetters(), []);
});

t.test("a pack that comes again is done again and changes nothing", async (t) => {
  const { processor, stored } = await prepareProcessor(engines);
  const body = encodePack(people(30));
  await processor.process(message(body));
  const before = await stored();
  t.equal(await processor.process(message(body, 2)), true);
  t.same(await stored(), before);
});

t.test("a second submission of an address is done when its outcome is written, under its own id", async (t) => {
  const { processor, outcomes, stored, outcomesTable, written } = await prepareProcessor(engines);
  const first = somebody({ name: "First" });
  const second = { ...somebody({ name: "Second" }), email: first.email };
  t.equal(await processor.process(message(encodePack([first]))), true);
  t.equal(await processor.process(message(encodePack([second]))), true);
  t.match(await stored(), [{ name: "First" }]);
  t.match(await outcomesTable(), [{ id: second.id, outcome: "duplicate", duplicateOf: first.id }]);
  t.same(outcomes, ["stored", "duplicate"]);

  const before = await outcomesTable();
  t.equal(await processor.process(message(encodePack([first, second]), 2)), true);
  t.same(await outcomesTable(), before);
  t.same(written, ["stored", "duplicate"], "redelivered, they are counted by nobody");
});

t.test("while an outcome cannot be written its message stays, and the next delivery writes it", async (t) => {
  const clock = createManualClock();
  const { processor, outcomesTable, outcomesTableName } = await prepareProcessor(engines, { now: clock.now });
  const first = somebody();
  const pack = encodePack([first, { ...somebody(), email: first.email }]);
  engines.dynamoDbProxy.intervene(({ operation, input }) => {
    if (operation !== "BatchExecuteStatement" || !JSON.stringify(input).includes(outcomesTableName)) return undefined;
    clock.advance(60_000);
    return awsError("ThrottlingException");
  });
  t.equal(await processor.process(message(pack)), false);
  t.same(await outcomesTable(), []);
  engines.calm();
  t.equal(await processor.process(message(pack, 2)), true);
  t.match(await outcomesTable(), [{ outcome: "duplicate" }]);
});

t.test("who comes to an erased address: before it, erased; after it, stored; and redelivered, the same", async (t) => {
  const { processor, stored, outcomesTable, tableName, written } = await prepareProcessor(engines);
  const before = somebody({ submittedAt: "2026-03-01T09:00:00.000Z" });
  const after = { ...somebody(), email: before.email, submittedAt: "2026-03-01T11:00:00.000Z" };
  const tombstone = createTombstone(before.email, "erased", "the-erased-one", Date.parse("2026-03-01T10:00:00.000Z"));
  await engines.documents.send(
    new PutCommand({ TableName: tableName, Item: { ...tombstone, expiresAt: Math.ceil(Date.now() / 1_000) + 3_600 } }),
  );
  for (let delivery = 1; delivery <= 2; delivery += 1) {
    t.equal(await processor.process(message(encodePack([before]), delivery)), true);
    t.equal(await processor.process(message(encodePack([after]), delivery)), true);
  }
  t.match(await stored(), [{ registrationId: after.id }]);
  t.match(await outcomesTable(), [{ id: before.id, outcome: "erased" }]);
  t.same(written, ["erased", "stored"]);
});

/**
 * Two duplicates of an erased person come again, in one pack, after somebody has registered with the address anew.
 * @returns what stands under their ids then, both of which the erasure had made `erased`
 */
async function redeliveredAfterErasure(options: Parameters<typeof prepareProcessor>[1] = {}) {
  const { processor, outcomesTable, outcomesTableName, stored } = await prepareProcessor(engines, options);
  const anew = somebody();
  const erased = people(2).map((one) => ({ ...one, email: anew.email }));
  await processor.process(message(encodePack([anew])));
  for (const { id } of erased) {
    await engines.documents.send(new PutCommand({ TableName: outcomesTableName, Item: { id, outcome: "erased" } }));
  }
  await processor.process(message(encodePack(erased), 2));
  return { outcomes: (await outcomesTable()).map(({ outcome }) => outcome), items: await stored(), anew };
}

t.test(
  "a redelivery that comes after an erasure changes no outcome, neither of the first nor of a later one",
  async (t) => {
    const { outcomes, items, anew } = await redeliveredAfterErasure();
    t.same(outcomes, ["erased", "erased"]);
    t.match(items, [{ registrationId: anew.id }]);
  },
);

t.test("control: a writer that puts outcomes would undo the erasure, and the same check sees it", async (t) => {
  const { outcomes } = await redeliveredAfterErasure({
    makeOutcomesTable: ({ documents, tableName }) => ({
      async record(list) {
        await Promise.all(list.map((item) => documents.send(new PutCommand({ TableName: tableName, Item: item }))));
        return list.map(() => ({ kind: "recorded", fresh: true }));
      },
    }),
  });
  t.ok(outcomes.includes("duplicate"), outcomes.join(" "));
});

t.test("what is no pack is dead-lettered whole, byte for byte, with its reason, and is then done", async (t) => {
  const { processor, packs, deadLetters } = await prepareProcessor(engines);
  const bodies: [string, string][] = [
    ["no JSON", "malformed"],
    ["{}", "malformed"],
    ['{"v":1}', "malformed"],
    ['{"v":1,"registrations":[]}', "malformed"],
    ['{"v":1,"registrations":{}}', "malformed"],
    ["null", "malformed"],
    ['[{"v":1}]', "malformed"],
    ['{"v":9,"registrations":[{}]}', "unsupported-version"],
    ['{"v":"1","registrations":[{}]}', "unsupported-version"],
  ];
  for (const [body] of bodies) t.equal(await processor.process(message(body, 4)), true, body);
  t.same(
    (await deadLetters()).map(({ body, reason }) => [body, reason]),
    bodies,
  );
  t.same(packs, [], "none of them counts as a pack");
});

t.test(
  "one bad entry in a pack is dead-lettered alone, with what is wrong; its 249 neighbours are stored",
  async (t) => {
    const { processor, packs, stored, deadLetters } = await prepareProcessor(engines);
    const good = people(249);
    const bad = { ...somebody(), email: "no address", extra: "ada@example.org", answers: { "eve@example.org": {} } };
    const entries = [...good.slice(0, 100), bad, ...good.slice(100)];
    t.equal(await processor.process(message(JSON.stringify({ v: 1, registrations: entries }), 2)), true);
    t.equal((await stored()).length, 249);
    t.same(packs, [250]);
    const [letter, ...more] = await deadLetters();
    t.equal(more.length, 0);
    t.same(JSON.parse(letter!.body!), { v: 1, registrations: [bad] });
    t.match(letter, { reason: "invalid-registration", detail: /\/email/, attempts: "2" });
    t.notMatch(letter!.detail, /ada@|eve@|no address/, "the detail says what is wrong, and nothing of the attendee");
  },
);

t.test("250 unreadable entries are a few dead letters, each with all that are rejected for its reason", async (t) => {
  const { processor, stored, deadLetters } = await prepareProcessor(engines);
  const nameless = Array.from({ length: 150 }, () => ({ ...somebody(), name: "" }));
  const placeless = Array.from({ length: 99 }, () => ({ ...somebody(), email: "nowhere" }));
  const good = somebody();
  const entries = [...nameless, good, ...placeless];
  t.equal(await processor.process(message(JSON.stringify({ v: 1, registrations: entries }))), true);
  t.match(await stored(), [{ registrationId: good.id }]);
  const letters = await deadLetters();
  t.same(
    letters.map(({ body }) => JSON.parse(body!)),
    [
      { v: 1, registrations: nameless },
      { v: 1, registrations: placeless },
    ],
  );
});

t.test("what is rejected is sent once, with the delivery in which everything else is done", async (t) => {
  const clock = createManualClock();
  const { processor, deadLetters } = await prepareProcessor(engines, { now: clock.now });
  const pack = JSON.stringify({ v: 1, registrations: [...people(3), { broken: true }] });
  engines.dynamoDbProxy.intervene(() => {
    clock.advance(60_000);
    return awsError("ThrottlingException");
  });
  t.equal(await processor.process(message(pack)), false);
  t.same(await deadLetters(), []);
  engines.calm();
  t.equal(await processor.process(message(pack, 2)), true);
  t.match(await deadLetters(), [{ reason: "invalid-registration", attempts: "2" }]);
});

t.test("what the table will never take is dead-lettered alone, as a pack of one that can be replayed", async (t) => {
  const { processor, stored, deadLetters } = await prepareProcessor(engines);
  const large = somebody({
    answers: Object.fromEntries(Array.from({ length: 210 }, (_, index) => [`field${index}`, "x".repeat(2_000)])),
  });
  t.equal(await processor.process(message(encodePack([...people(10), large, ...people(10)]))), true);
  t.equal((await stored()).length, 20);
  const letters = await deadLetters();
  t.match(letters, [{ reason: "item-too-large", body: encodePack([large]) }]);
  t.equal(letters.length, 1);
});

t.test(
  "whoever is not stored in time leaves the message on the queue; the next delivery stores only the rest",
  async (t) => {
    const clock = createManualClock();
    const { processor, outcomes, stored, deadLetters } = await prepareProcessor(engines, { now: clock.now });
    const all = people(30);
    engines.dynamoDbProxy.intervene(({ operation, input }) => {
      const first = operation === "BatchExecuteStatement" && JSON.stringify(input).includes(all[0]!.email);
      if (!first) return undefined;
      clock.advance(60_000);
      return awsError("ThrottlingException");
    });
    t.equal(await processor.process(message(encodePack(all))), false);
    t.ok(outcomes.includes("unfinished") && outcomes.includes("stored"));
    const partly = await stored();
    engines.calm();
    t.equal(await processor.process(message(encodePack(all), 2)), true);
    const whole = await stored();
    t.equal(whole.length, 30);
    for (const item of partly)
      t.same(
        whole.find(({ email }) => email === item.email),
        item,
        "not written again",
      );
    t.same(await deadLetters(), []);
  },
);

t.test("a message is not done while one of its dead letters is not safely sent", async (t) => {
  const { processor, sender, stored } = await prepareProcessor(engines);
  engines.sqsProxy.intervene(({ operation }) => (operation === "SendMessage" ? "cut" : undefined));
  const entries = [...people(3), { broken: true }];
  const processing = processor.process(message(JSON.stringify({ v: 1, registrations: entries })));
  sender.close();
  t.equal(await processing, false);
  t.equal((await stored()).length, 3, "and nobody else had to wait for it");
});

t.test("a replay that is stored, or turns out to be a duplicate, closes its record", async (t) => {
  const { processor, records, recordsName } = await prepareProcessor(engines);
  const first = somebody();
  const replays = [
    { ...somebody({ replayOf: "record-1" }), email: first.email },
    { ...somebody({ replayOf: "record-2" }), email: first.email },
  ];
  for (const id of ["record-1", "record-2"]) {
    await engines.documents.send(
      new PutCommand({ TableName: recordsName, Item: { id, state: "replayed", history: [], failures: 1 } }),
    );
  }
  for (const replay of replays) t.equal(await processor.process(message(encodePack([replay]))), true);
  const closed = (await records()) as { id: string; state: string; history: { detail: string }[] }[];
  t.same(
    closed.toSorted((a, b) => a.id.localeCompare(b.id)).map(({ state, history }) => [state, history[0]!.detail]),
    [
      ["resolved", "stored"],
      ["resolved", "the address was already registered"],
    ],
  );
});

t.test("what was sent under a claim that is over stores nothing, and is done", async (t) => {
  const { processor, stored, records, recordsName, deadLetters, stale, outcomes } = await prepareProcessor(engines);
  const all = people(6).map((one, index) => ({ ...one, replayOf: one.id, claim: index < 3 ? "current" : "over" }));
  const history = [{ what: "failed" }];
  for (const [index, { id }] of all.entries()) {
    const state = index % 3 === 0 ? "open" : "replayed";
    const Item = { id, state, history, failures: 1, claim: "current" };
    await engines.documents.send(new PutCommand({ TableName: recordsName, Item }));
  }
  const erased = { ...somebody(), replayOf: "erased-record", claim: "current" };
  const plain = somebody();
  t.equal(await processor.process(message(encodePack([plain, ...all, erased]))), true);
  const ids = (await stored()).map(({ registrationId }) => registrationId);
  t.same(new Set(ids), new Set([plain.id, ...all.slice(0, 3).map(({ id }) => id)]));
  t.same(new Set(stale), new Set([...all.slice(3).map(({ id }) => id), "erased-record"]));
  t.same(outcomes, Array(4).fill("stored"), "the others count as nothing");
  const states = new Map((await records()).map(({ id, state }) => [id, state]));
  t.same(
    all.map(({ id }) => states.get(id)),
    ["resolved", "resolved", "resolved", "open", "replayed", "replayed"],
  );
  t.same(await deadLetters(), []);
});

t.test("a replay whose record cannot be reached stays in its message; its neighbours don't wait for it", async (t) => {
  const { processor, stored, sender, outcomes } = await prepareProcessor(engines);
  engines.dynamoDbProxy.intervene(({ operation }) =>
    operation === "UpdateItem" ? awsError("ValidationException", "rejected") : undefined,
  );
  const replay = somebody({ replayOf: "some-record", claim: "c" });
  t.equal(await processor.process(message(encodePack([replay, somebody()]))), false);
  t.equal((await stored()).length, 1);
  t.same(outcomes.toSorted(), ["stored", "unfinished"]);
  sender.close();
});

t.test("a pack of a later version is left to workers that know it, and in the end named for what it is", async (t) => {
  const { processor, hidden, packs, deadLetters } = await prepareProcessor(engines);
  const { id, email, submittedAt } = somebody();
  const body = JSON.stringify({ v: 9, registrations: [{ id, email, submittedAt, person: {} }] });
  for (const receives of [1, 2, 3]) {
    t.same(await processor.process(message(body, receives)), { hideSeconds: 60 * receives });
  }
  t.same(await deadLetters(), []);
  t.equal(await processor.process(message(body, 4)), true);
  t.match(await deadLetters(), [{ body, reason: "unsupported-version", detail: /version 9/, attempts: "4" }]);
  t.equal(hidden(), 3);
  t.same(packs, [], "none of them counts as a pack");
});

t.test("optional properties of a later version are stored under their own names, and no name of ours", async (t) => {
  const { processor, stored, deadLetters } = await prepareProcessor(engines);
  const later = { ...somebody(), locale: "de", tags: ["a", 1, true, null], consent: { mail: true, since: 2026 } };
  const mean = ["registrationId", "storedAt", "expiresAt", "tombstone", "at", "__proto__", "constructor", "x y"];
  const entries = [later, somebody(), ...mean.map((name) => ({ ...somebody(), ...JSON.parse(`{"${name}":1}`) }))];
  t.equal(await processor.process(message(`{"v":1,"registrations":${JSON.stringify(entries)}}`)), true);
  const items = await stored();
  t.equal(items.length, 2);
  const { id: _, email, ...carried } = later;
  t.match(
    items.find((item) => item.email === email),
    { registrationId: later.id, ...carried },
  );
  const rejected = await deadLetters();
  const entriesIn = (body = "") => (JSON.parse(body) as { registrations: unknown[] }).registrations.length;
  t.equal(
    rejected.reduce((count, { body }) => count + entriesIn(body), 0),
    mean.length,
  );
  t.ok(rejected.every(({ reason }) => reason === "invalid-registration"));
});

t.test("no body at all, and no attributes, are no reason to stumble", async (t) => {
  const { processor } = await prepareProcessor(engines);
  t.equal(await processor.process({}), false, "SQS takes no empty body, so its own redrive has to move it");
  t.equal(await processor.process({ Body: encodePack(people(1)) }), true);
});
