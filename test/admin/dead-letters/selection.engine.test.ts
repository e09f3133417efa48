import { t } from "../../equipment/file-test.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { selectDeadLetters } from "../../../admin/dead-letters/selection.ts";
import { deadLetter, person, putAll, unreadable } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, deadLettersTable } = connection;
const store = createDeadLetterStore(documents, deadLettersTable);
const { signal } = new AbortController();

t.test("named ones are taken as they are, each once", async (t) => {
  t.same(await selectDeadLetters(store, { ids: ["b", "a", "b"] }, signal), ["b", "a"]);
});

t.test("those that pass a filter come in the order in which people registered", async (t) => {
  const old = unreadable("raw-old", "x", { firstFailedAt: "2025-12-31T00:00:00.000Z" });
  await putAll(documents, deadLettersTable, [
    deadLetter(3),
    deadLetter(1),
    old,
    deadLetter(2),
    deadLetter(4, { state: "resolved" }),
  ]);
  t.same(await selectDeadLetters(store, { filter: { state: "open" } }, signal), [
    "raw-old",
    person(1).id,
    person(2).id,
    person(3).id,
  ]);
  t.same(await selectDeadLetters(store, { filter: { reason: "malformed" } }, signal), ["raw-old"]);
  const since = deadLetter(3).lastFailedAt;
  t.same(await selectDeadLetters(store, { filter: { since } }, signal), [person(3).id, person(4).id]);
});
