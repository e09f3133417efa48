/** What can never be stored becomes a dead letter, alone and with its reason, and its neighbours do not even notice. */
import { PurgeQueueCommand } from "@aws-sdk/client-sqs";
import t from "tap";
import type { DeadLetterReason } from "../../shared/dead-letters/dead-letter.ts";
import { encodePack, encodeRegistration, joinPack } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { people, somebody } from "../equipment/people.ts";
import { sized } from "../equipment/run-length.ts";
import { startEngines } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import { createPoison, invalidEntry } from "./poison.ts";
import { createRandom } from "./random.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());

const total = sized(5_000, 20_000);

/** A valid registration that is larger than DynamoDB takes: no web tier accepts one, an edited replay could. */
function hugeRegistration(): Registration {
  const answers = Object.fromEntries(Array.from({ length: 220 }, (_, index) => [`answer${index}`, "x".repeat(2_000)]));
  return somebody({ answers });
}

t.test(
  `poison, 1 % of ${total} in mixed packs, is dead-lettered with its reason; every neighbour is stored at its first delivery`,
  async (t) => {
    const cell = await engines.createCell({ environment: { WRITE_TIMEOUT_MS: "20000" } });
    t.teardown(() => cell.close());
    const [packSize, poisonShare] = [250, 0.01];
    const wanted = new Map<string, DeadLetterReason>();
    const good: Registration[] = [];
    const random = createRandom("poison");

    const whole = createPoison(30);
    for (const { id, reason } of whole) wanted.set(id, reason);
    const huge = Array.from({ length: 4 }, hugeRegistration);
    for (const { id } of huge) wanted.set(id, "item-too-large");
    const invalidEntries = total * poisonShare - wanted.size;
    const packs = Array.from({ length: total / packSize }, () => people(packSize).map(encodeRegistration));
    // In the place of a good one, somewhere in some pack.
    const places = random.shuffle(Array.from({ length: total }, (_, place) => place)).slice(0, total * poisonShare);
    for (const [index, place] of places.entries()) {
      const pack = packs[Math.floor(place / packSize)]!;
      if (index < invalidEntries) {
        const id = `invalid-${String(index).padStart(6, "0")}`;
        wanted.set(id, "invalid-registration");
        pack[place % packSize] = invalidEntry(id);
      } else pack[place % packSize] = "";
    }
    const bodies = packs.map((pack) => joinPack(pack.filter((entry) => entry !== "")));
    for (const entry of packs.flat()) {
      const registration = entry === "" ? undefined : (JSON.parse(entry) as Registration);
      if (registration && !wanted.has(registration.id)) good.push(registration);
    }
    t.equal(wanted.size, total * poisonShare);
    t.equal(good.length, total - wanted.size);
    const mixed = [...bodies, ...whole.map(({ body }) => body)];
    await cell.put(random.shuffle(mixed));
    for (const registration of huge) await cell.put([encodePack([registration])]);

    const worker = await cell.startTier("worker");
    await cell.drained(90_000);
    const records = await cell.deadLetters();
    const found = new Map(records.map(({ id, reason }) => [id, reason]));
    t.equal(records.length, wanted.size, "one record each");
    t.same(
      [...wanted].filter(([id, reason]) => found.get(id) !== reason),
      [],
      "each with the right reason",
    );
    t.same(
      [...found.keys()].filter((id) => !wanted.has(id)),
      [],
      "no good one is among them",
    );
    t.ok(records.every(({ state, failures }) => state === "open" && failures === 1));
    t.equal(cell.effects.redeliveries(), 0, "no message was received twice, neither poison nor neighbour");
    t.same(worker.ends, []);
    await expectStored(t, cell, good, [...wanted.keys()]);
  },
);

t.test("a dead letter outlives the queue it came from, and never expires by itself", async (t) => {
  const cell = await engines.createCell({ environment: { RETENTION_DAYS: "1" } });
  t.teardown(() => cell.close());
  const registrations = people(3);
  const [poison] = createPoison(1, "old");
  await cell.put([encodePack(registrations), poison!.body]);
  await cell.startTier("worker");
  await cell.drained();
  t.same(await cell.counts(cell.deadLetterQueueUrl), { waiting: 0, inFlight: 0 }, "the queue keeps nothing to age");
  // What its retention does to a queue, at the latest after 14 days.
  await cell.sqs.send(new PurgeQueueCommand({ QueueUrl: cell.deadLetterQueueUrl }));
  const [record] = await cell.deadLetters();
  t.match(record, { id: poison!.id, body: poison!.body, reason: poison!.reason, state: "open" });
  t.notOk("expiresAt" in record!, "registrations expire here, dead letters do not");
  t.ok((await cell.items()).every((item) => typeof item.expiresAt === "number"));
  await expectStored(t, cell, registrations, [poison!.id]);
});
