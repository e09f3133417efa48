import { t } from "../../equipment/file-test.ts";
import { createMailsStore } from "../../../admin/registrations/mails-store.ts";
import { putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/engines.ts";

const { documents, createTable, items } = await startEngines(t);
const { signal } = new AbortController();
const at = "2026-01-02T00:00:00.000Z";

t.test("the mails of a registration are found by its id, and nobody else's", async (t) => {
  const table = await createTable("id");
  await putAll(documents, table, [
    { id: "confirmed/ann-1", outcome: "rejected", at, detail: "on the suppression list", expiresAt: 1 },
    { id: "already-registered/ann-1", outcome: "sent", at, messageId: "m" },
    { id: "confirmed/ann-11", outcome: "sent", at },
    { id: "limit/confirmed/hash", mail: "confirmed/ann-1", at },
  ]);
  const store = createMailsStore(documents, table);
  t.same(await store.find("ann-1", signal), [
    { kind: "confirmed", outcome: "rejected", at, detail: "on the suppression list" },
    { kind: "already-registered", outcome: "sent", at },
  ]);
  t.same(await store.find("bob", signal), []);
});

t.test("they are erased with it, however many duplicates it has, as often as one likes", async (t) => {
  const table = await createTable("id");
  const ids = Array.from({ length: 40 }, (_, index) => `ann-${index}`);
  await putAll(
    documents,
    table,
    [...ids, "bob"].map((id) => ({ id: `confirmed/${id}`, outcome: "sent", at })),
  );
  const store = createMailsStore(documents, table);
  await store.erase(ids, signal);
  await store.erase(ids, signal);
  t.same(
    (await items(table)).map(({ id }) => id),
    ["confirmed/bob"],
  );
});

t.test("where mail is off there are none", async (t) => {
  const store = createMailsStore(documents, undefined);
  await store.erase(["ann-1"], signal);
  t.same(await store.find("ann-1", signal), []);
});
