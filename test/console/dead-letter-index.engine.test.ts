import { DeleteCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../equipment/file-test.ts";
import { createDeadLetterIndex } from "../../console/dead-letter-index.ts";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { deadLetter, deadLetters, person, putAll, unreadable } from "../equipment/dead-letter-seeds.ts";
import { startEngines } from "../equipment/admin-engines.ts";

t.test("all dead letters in memory", async (t) => {
  const { connection } = await startEngines(t);
  const { documents, deadLettersTable: TableName } = connection;
  const store = createDeadLetterStore(documents, TableName);
  const { signal } = new AbortController();
  const options = { store, signal, wallClock: Date.now };
  const put = (Item: object) => documents.send(new PutCommand({ TableName, Item: { ...Item } }));

  t.test("a small table is read for each page, and an address that was taken out of a body is gone", async (t) => {
    const index = createDeadLetterIndex(options);
    t.match(await index.snapshot(), { rows: [], omitted: 0 });
    const record = unreadable("raw-1", "of ann@example.org");
    await put(record);
    t.match((await index.snapshot()).rows, [{ id: "raw-1", address: "ann@example.org" }]);
    const entry = { at: record.lastFailedAt, who: "ann", what: "edited", detail: "erased" } as const;
    await put({ ...record, body: "of [erased]", history: [...record.history, entry] });
    t.match((await index.snapshot()).rows, [{ id: "raw-1", address: undefined }]);
    await documents.send(new DeleteCommand({ TableName, Key: { id: "raw-1" } }));
    t.match((await index.snapshot()).rows, []);
  });

  t.test("a large one is not, but what this console changes is, and all of it when asked", async (t) => {
    await putAll(documents, TableName, deadLetters(1_100));
    const index = createDeadLetterIndex(options);
    const first = await index.snapshot();
    t.match(first, { omitted: 0, rows: { length: 1_100 }, kinds: [{ count: 1_100, states: { open: 1_100 } }] });
    t.equal(first.rows[0]?.id, person(1_099).id, "the newest first");
    await put(deadLetter(5, { state: "discarded" }));
    await put(deadLetter(6, { state: "discarded" }));
    await index.reread([person(5).id]);
    const known = await index.snapshot();
    t.equal(known.at, first.at, "not read again: its age is told");
    const states = (rows: typeof first.rows) =>
      [5, 6].map((number) => rows.find(({ id }) => id === person(number).id)?.state);
    t.same(states(known.rows), ["discarded", "open"]);
    t.match(known.groups, [{ states: { open: 1_099, discarded: 1 } }]);
    t.same(states((await index.reload()).rows), ["discarded", "discarded"]);
  });

  t.test("memory is bounded: the oldest are counted, and not held", async (t) => {
    const bounded = await createDeadLetterIndex({ ...options, maxRows: 10 }).snapshot();
    t.match(bounded, { omitted: 1_090, rows: { length: 10 }, kinds: [{ count: 1_100 }] });
  });

  t.test("a page does not wait twice: those who ask at once share one reading", async (t) => {
    let scans = 0;
    const counted = {
      ...store,
      scan: ((...given: Parameters<typeof store.scan>) => {
        scans += 1;
        return store.scan(...given);
      }) as typeof store.scan,
    };
    const index = createDeadLetterIndex({ ...options, store: counted });
    await Promise.all([index.snapshot(), index.snapshot(), index.refresh()]);
    await index.refresh();
    t.equal(scans, 1);
  });
});
