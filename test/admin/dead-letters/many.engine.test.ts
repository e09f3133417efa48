import { t } from "../../equipment/file-test.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { createOutcomesStore } from "../../../admin/registrations/outcomes-store.ts";
import { createReplacement } from "../../../admin/dead-letters/many-change.ts";
import {
  createManyDiscard,
  createManyEdit,
  describeSummary,
  executeMany,
  planMany,
} from "../../../admin/dead-letters/many.ts";
import { deadLetter, person, putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, deadLettersTable, outcomesTable } = connection;
const store = createDeadLetterStore(documents, deadLettersTable);
const outcomes = createOutcomesStore(documents, outcomesTable);
const count = 250;
const numbers = Array.from({ length: count }, (_, index) => index);
const ids = numbers.map((number) => person(number).id);
const change = createReplacement("email", "@example.org", "@example.com");
const edit = createManyEdit(store, change, undefined, Date.now);
const by = { who: "ann", why: "the partner moved" };

t.test("a run that is interrupted leaves whole records, and its repetition does the rest", async (t) => {
  await putAll(
    documents,
    deadLettersTable,
    numbers.map((number) => deadLetter(number)),
  );
  const calm = { store, action: edit, signal: new AbortController().signal, onProgress: () => {} };
  const plan = await planMany([...ids, "gone"], calm);
  t.match(plan, { selected: 251, counts: { change: count, missing: 1, invalid: 0 }, examples: { length: 20 } });
  t.equal((await store.read(ids[0]!))?.history.length, 1, "a plan changes nothing");

  const stop = new AbortController();
  let [underWay, widest] = [0, 0];
  const counted = {
    ...edit,
    async save(...given: Parameters<typeof edit.save>) {
      widest = Math.max(widest, (underWay += 1));
      const saved = await edit.save(...given);
      underWay -= 1;
      return saved;
    },
  };
  const onProgress = (done: number) => done >= 120 && stop.abort();
  const first = await executeMany(plan, { ...calm, ...by, action: counted, signal: stop.signal, onProgress });
  t.match(first, { stopped: { code: "interrupted" }, counts: { skipped: 0 } });
  t.equal(first.counts.changed + first.counts.untouched, count);
  t.ok(first.counts.changed >= 120 && first.counts.untouched > 0);
  t.ok(widest > 1 && widest <= 16, `at most 16 at once, not ${widest}`);
  t.match(describeSummary(first, "changed"), /^changed \d+; stopped before the other \d+$/);

  const rest = await planMany(ids, calm);
  t.match(rest.counts, { change: first.counts.untouched, unchanged: first.counts.changed });
  const second = await executeMany(rest, { ...calm, ...by });
  t.match(second, { counts: { changed: first.counts.untouched, untouched: 0 }, stopped: undefined });
  const records = await store.readMany(ids, calm.signal);
  for (const { registration, history } of records.values()) {
    t.match(registration?.email, /@example.com$/);
    t.equal(history.length, 2, "edited once");
  }
});

t.test("what somebody changed after the plan is skipped and listed, and their change is kept", async (t) => {
  const calm = { store, signal: new AbortController().signal, onProgress: () => {} };
  const discard = createManyDiscard(store, outcomes, Date.now);
  const plan = await planMany(ids.slice(0, 3), { ...calm, action: discard });
  const seen = (await store.read(ids[1]!))!;
  await store.saveEdit(
    seen,
    { ...seen.registration!, name: "Theirs" },
    {
      at: new Date().toISOString(),
      who: "bob",
      what: "edited",
      detail: "asked",
    },
  );
  const summary = await executeMany(plan, { ...calm, ...by, action: discard });
  t.match(summary, { counts: { changed: 2, skipped: 1 }, skipped: [{ id: ids[1], detail: /meanwhile/ }] });
  t.match(await store.read(ids[1]!), { state: "open", registration: { name: "Theirs" } });
  t.match(await store.read(ids[0]!), { state: "discarded", history: [{}, {}, { who: "ann", detail: by.why }] });
});
