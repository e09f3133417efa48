import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createRegistrationsStore } from "../../../admin/registrations/registrations-store.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, registrationsTable: TableName } = connection;
const store = createRegistrationsStore(documents, TableName);
const now = Date.parse("2026-03-01T10:00:00.000Z");
const item = async (email: string) => (await documents.send(new GetCommand({ TableName, Key: { email } }))).Item;

t.test(
  "a registration is found by its address; erased, it leaves a tombstone with nothing else of the person",
  async (t) => {
    const email = "ann@example.org";
    await putAll(documents, TableName, [{ email, registrationId: "ann-1", name: "Ann", answers: { note: "x" } }]);
    t.match(await store.find(email), { name: "Ann" });
    t.equal(await store.find("bob@example.org"), undefined);
    t.match(await store.erase(email, "spare", now), { found: "registration", tombstone: { registrationId: "ann-1" } });
    t.same(await item(email), createTombstone(email, "erased", "ann-1", now));
    t.equal(await store.find(email), undefined, "a tombstone is nobody");
  },
);

t.test("an address without a registration gets a tombstone as well, with an id of its own", async (t) => {
  const email = "bob@example.org";
  t.match(await store.erase(email, "spare", now), { found: "nothing" });
  t.same(await item(email), createTombstone(email, "erased", "spare", now));
});

t.test("erased again, it is renewed and keeps the id of who stood there", async (t) => {
  const email = "cyd@example.org";
  await putAll(documents, TableName, [createTombstone(email, "withdrawn", "cyd-1", now)]);
  t.match(await store.erase(email, "spare", now + 1_000), { found: "tombstone" });
  t.same(await item(email), createTombstone(email, "erased", "cyd-1", now + 1_000));
});

t.test("what a worker stores while somebody is being erased is erased with its own id", async (t) => {
  const email = "dee@example.org";
  let between = 0;
  const hindered = new Proxy(documents, {
    get(client, name) {
      if (name !== "send") return Reflect.get(client, name) as unknown;
      return async (command: { constructor: { name: string } }) => {
        if (command.constructor.name === "PutCommand" && between === 0) {
          between += 1;
          await putAll(documents, TableName, [{ email, registrationId: "dee-1", name: "Dee" }]);
        }
        return client.send(command as never);
      };
    },
  });
  const burial = await createRegistrationsStore(hindered, TableName).erase(email, "spare", now);
  t.match(burial, { found: "registration", tombstone: { registrationId: "dee-1" } });
  t.equal(between, 1);
});
