import { t } from "../../equipment/file-test.ts";
import { createOutcomesStore } from "../../../admin/registrations/outcomes-store.ts";
import { scanTable } from "../../../shared/aws/table-scan.ts";
import { deadLetter, person, putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, outcomesTable } = connection;
const store = createOutcomesStore(documents, outcomesTable);
const { signal } = new AbortController();
const at = "2026-03-01T10:00:00.000Z";

async function outcomes(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const attributes = ["id", "outcome", "at", "duplicateOf", "expiresAt"];
  await scanTable({
    documents,
    tableName: outcomesTable,
    segments: 1,
    attributes,
    signal,
    onPage(items) {
      for (const { id, ...rest } of items) found[String(id)] = rest;
    },
  });
  return found;
}

t.test("a discarded dead letter has an outcome, and what was decided before stays", async (t) => {
  await putAll(documents, outcomesTable, [{ id: person(2).id, outcome: "duplicate", at, duplicateOf: "first" }]);
  for (const number of [1, 1, 2]) await store.discard(deadLetter(number), at);
  await store.discard({ id: "raw-1", registration: person(3) }, at);
  t.same(await outcomes(), {
    [person(1).id]: { outcome: "discarded", at },
    [person(2).id]: { outcome: "duplicate", at, duplicateOf: "first" },
    "raw-1": { outcome: "discarded", at },
    [person(3).id]: { outcome: "discarded", at },
  });
});

t.test("an erasure has the last word, and is forgotten itself in the end", async (t) => {
  await store.erase([person(1).id, person(2).id, "new"], at, 1_800_000_000);
  const erased = { outcome: "erased", at, expiresAt: 1_800_000_000 };
  t.match(await outcomes(), { [person(1).id]: erased, [person(2).id]: erased, new: erased });
});

t.test("the duplicates of a registration are found by its id, and only those", async (t) => {
  await putAll(documents, outcomesTable, [
    { id: "b", outcome: "duplicate", at, duplicateOf: "a" },
    { id: "c", outcome: "duplicate", at, duplicateOf: "a" },
    { id: "d", outcome: "duplicate", at, duplicateOf: "x" },
    { id: "e", outcome: "erased", at, duplicateOf: "a" },
  ]);
  t.same((await store.duplicatesOf("a", signal)).toSorted(), ["b", "c"]);
});
