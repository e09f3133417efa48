/** One message can ask for hundreds of calls. Whatever it holds, nobody else waits for it, and the worker blames nobody for it. */
import { GetCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import t, { type Test } from "tap";
import { encodePack, joinPack } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { eventually } from "../equipment/eventually.ts";
import { people, somebody } from "../equipment/people.ts";
import { sized } from "../equipment/run-length.ts";
import { startEngines, type Cell } from "./cell.ts";
import type { Injection } from "./fault-proxy.ts";
import { invalidEntry } from "./poison.ts";
import type { TierProcess } from "./tier-process.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());

const fullPacks = 40;
const packs = sized(10, fullPacks);
const packSize = 250;
const bystanders = people(20);
const timeoutMs = 150_000;

async function createCell(t: Test): Promise<Cell> {
  const cell = await engines.createCell({
    visibilityTimeoutSeconds: 60,
    // That the engines share a busy machine is no fault here. The wait for a connection keeps its bound of one second.
    environment: { WRITE_TIMEOUT_MS: "20000" },
  });
  t.teardown(() => cell.close());
  return cell;
}

async function has(cell: Cell, { email }: Registration): Promise<boolean> {
  const { Item } = await cell.documents.send(
    new GetCommand({ TableName: cell.registrationsTable, Key: { email }, ConsistentRead: true }),
  );
  return Item !== undefined;
}

/** Puts them on the queue and waits until they are stored. */
async function passBy(cell: Cell): Promise<void> {
  await cell.put(bystanders.map((one) => encodePack([one])));
  for (const one of bystanders) await eventually(() => has(cell, one), "a bystander is stored", timeoutMs);
}

/** Each record takes a while, so that bystanders have time to pass by, on a busy machine too. */
function slowRecords(cell: Cell): Injection {
  return cell.dynamoDbProxy.inject({ kind: "delay", ms: 300, resource: cell.deadLettersTable });
}

function expectCalm(t: Test, cell: Cell, worker: TierProcess): void {
  t.same(
    worker.log.filter(({ msg }) => msg?.startsWith("stopped receiving")),
    [],
    "no breaker was opened",
  );
  t.same(worker.ends, []);
  t.equal(cell.effects.redeliveries(), 0, "nothing was received twice");
}

t.test(
  `${packs * packSize} unreadable entries at once become a record each, and a bystander does not wait for them`,
  async (t) => {
    const cell = await createCell(t);
    const ids = Array.from({ length: packs * packSize }, (_, index) => `unreadable-${String(index).padStart(6, "0")}`);
    const bodies = Array.from({ length: packs }, (_, pack) =>
      joinPack(ids.slice(pack * packSize, (pack + 1) * packSize).map(invalidEntry)),
    );
    await cell.put(bodies);
    const slow = slowRecords(cell);
    const worker = await cell.startTier("worker");
    await eventually(() => worker.metric("turnout_dead_letters_total"), "the first are rejected", timeoutMs);
    await passBy(cell);
    t.ok((await cell.deadLetters()).length < ids.length, "while the records are still being made");
    slow.lift();
    await cell.drained(timeoutMs);
    const records = await cell.deadLetters();
    t.same(records.map(({ id }) => id).toSorted(), ids);
    t.ok(records.every(({ reason, failures }) => reason === "invalid-registration" && failures === 1));
    t.equal(await worker.metric("turnout_dead_letters_total"), ids.length);
    expectCalm(t, cell, worker);
  },
);

t.test(
  `${packs} crash-looped packs are a record for each person, and a bystander does not wait for them`,
  async (t) => {
    const cell = await createCell(t);
    const everybody = Array.from({ length: packs }, () => people(packSize));
    await cell.put(everybody.map(encodePack), cell.deadLetterQueueUrl);
    const slow = slowRecords(cell);
    const worker = await cell.startTier("worker");
    await eventually(async () => (await cell.deadLetters()).length > 0, "the first are recorded", timeoutMs);
    await passBy(cell);
    t.ok((await cell.deadLetters()).length < packs * packSize, "while the records are still being made");
    slow.lift();
    await cell.drained(timeoutMs);
    const records = await cell.deadLetters();
    t.equal(records.length, packs * packSize);
    t.ok(records.every(({ reason, failures }) => reason === "crash-loop" && failures === 1));
    expectCalm(t, cell, worker);
  },
);

t.test(
  `one address ${packs * packSize} times is looked up, not written one by one, and a bystander does not wait for it`,
  async (t) => {
    const cell = await createCell(t);
    const { email } = somebody();
    await cell.put(Array.from({ length: packs }, () => encodePack(people(packSize).map((one) => ({ ...one, email })))));
    const worker = await cell.startTier("worker");

    async function outcomes(): Promise<{ id: string; outcome: string; duplicateOf: string }[]> {
      const all: { id: string; outcome: string; duplicateOf: string }[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await cell.documents.send(
          new ScanCommand({ TableName: cell.outcomesTable, ...(start && { ExclusiveStartKey: start }) }),
        );
        all.push(...(Items as typeof all));
        start = LastEvaluatedKey;
      } while (start);
      return all;
    }

    const duplicates = packs * packSize - 1;
    await eventually(() => worker.metric("turnout_packs_received_total"), "the first are received", timeoutMs);
    await passBy(cell);
    // At full size only: the few of a short run are written before somebody can check.
    if (packs === fullPacks) t.ok((await outcomes()).length < duplicates, "while the outcomes are still being written");
    await cell.drained(timeoutMs);
    const holder = (await cell.items()).find((item) => item.email === email);
    const written = await outcomes();
    t.equal(new Set(written.map(({ id }) => id)).size, duplicates);
    t.ok(
      written.every(({ outcome, duplicateOf }) => outcome === "duplicate" && duplicateOf === holder?.registrationId),
    );
    t.equal(await worker.metric("turnout_registrations_duplicate_total"), duplicates);
    const calls = await worker.metric("turnout_table_write_calls_total");
    // A full call for each 25 outcomes, about one for each pack, and one for each bystander.
    t.ok(calls <= duplicates / 25 + 2 * packs + bystanders.length, `${calls} calls`);
    expectCalm(t, cell, worker);
  },
);
