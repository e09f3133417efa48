import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { startEngines } from "../../equipment/engines.ts";
import { acceptedByDefault, isPaused, readAcceptance } from "../../../shared/acceptance/acceptance.ts";

const engines = await startEngines(t);

t.test("where nobody ordered anything, registrations are accepted", async (t) => {
  const table = await engines.createTable("id");
  t.equal(await readAcceptance({ documents: engines.documents, table }), acceptedByDefault);
  t.notOk(isPaused(acceptedByDefault, Date.now()));
});

t.test("an item that this version cannot read is an error, not an answer", async (t) => {
  const table = await engines.createTable("id");
  const { documents } = engines;
  const item = { ...acceptedByDefault, version: 1, at: new Date().toISOString(), who: "ann", why: "count" };
  await documents.send(new PutCommand({ TableName: table, Item: { id: "acceptance", ...item, more: "unknown" } }));
  t.same(await readAcceptance({ documents, table, consistent: true }), item, "what it does not know is left out");
  for (const wrong of [
    { state: "closed" },
    { version: "1" },
    { notice: { en: "two\nlines" } },
    { notice: { fr: "x" } },
  ]) {
    await documents.send(new PutCommand({ TableName: table, Item: { id: "acceptance", ...item, ...wrong } }));
    await t.rejects(readAcceptance({ documents, table }), /cannot be read/, JSON.stringify(wrong));
  }
});
