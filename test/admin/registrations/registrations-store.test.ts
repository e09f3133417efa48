import t from "tap";
import { createRegistrationsStore } from "../../../admin/registrations/registrations-store.ts";
import { putAll } from "../dead-letter-seeds.ts";
import { startEngines } from "../engines.ts";

t.test("a registration is found by its address, and erased once", async (t) => {
  const { connection } = await startEngines(t);
  const { documents, registrationsTable } = connection;
  await putAll(documents, registrationsTable, [{ email: "ann@example.org", name: "Ann" }]);
  const store = createRegistrationsStore(documents, registrationsTable);
  t.match(await store.find("ann@example.org"), { name: "Ann" });
  t.equal(await store.find("bob@example.org"), undefined);
  t.equal(await store.erase("ann@example.org"), true);
  t.equal(await store.erase("ann@example.org"), false);
  t.equal(await store.find("ann@example.org"), undefined);
});
