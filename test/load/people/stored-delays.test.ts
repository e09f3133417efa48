import { PutCommand } from "@aws-sdk/lib-dynamodb";
import t from "tap";
import { createKeyIndex } from "../../../admin/audit/key-index.ts";
import { readStoredDelays } from "../../../load/people/stored-delays.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

t.test("only the registrations that are asked for count, each by its own two times", async (t) => {
  const { connection } = await startEngines(t);
  const { documents, registrationsTable: TableName } = connection;
  const ids = createKeyIndex();
  for (let number = 1; number <= 20; number += 1) {
    const registrationId = `id-${number}`;
    if (number <= 10) ids.add(registrationId);
    const submittedAt = new Date(1_000_000).toISOString();
    const storedAt = new Date(1_000_000 + number * 100).toISOString();
    await documents.send(
      new PutCommand({ TableName, Item: { email: `${number}@example.org`, registrationId, submittedAt, storedAt } }),
    );
  }
  const Item = createTombstone("erased@example.org", "erased", "id-9", 0);
  ids.add("id-21");
  await documents.send(new PutCommand({ TableName, Item: { ...Item, registrationId: "id-21" } }));
  const delays = new Map<number, number>();
  await readStoredDelays({
    documents,
    tableName: TableName,
    ids,
    signal: new AbortController().signal,
    onDelay: (milliseconds, number) => void delays.set(number, milliseconds),
  });
  t.equal(delays.size, 10);
  t.equal(delays.get(0), 100);
  t.equal(delays.get(9), 1_000);
});
