import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { referenceOf } from "../../../shared/registration/reference.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { addRecord, openConsole, registrationOf } from "../open-console.ts";

t.test("registrations in the console", async (t) => {
  const { connection } = await startEngines(t);
  const { get, post, deadLetters } = await openConsole(t, connection);
  const { id: registrationId, ...rest } = registrationOf("ann@example.org");
  const Item = { ...rest, name: "=cmd|'/c calc'!A1", registrationId, storedAt: rest.submittedAt };
  await connection.documents.send(new PutCommand({ TableName: connection.registrationsTable, Item }));

  t.test("one is found by the exact address in any spelling, with its dead letters", async (t) => {
    await addRecord(connection, { registration: registrationOf("ann@example.org") });
    const found = await post("/registrations", { email: "  ANN@Example.org " });
    t.match(found.body, /ann@example.org is registered[^]*Dead letters of this address/);
    t.match((await post("/registrations", { email: "bob@example.org" })).body, "bob@example.org is not registered");
    t.match(await post("/registrations", { email: "nobody" }), { statusCode: 400, body: /not an email address/ });
    t.equal((await get("/registrations?email=ann@example.org")).body.includes("is registered"), false, "not by URL");
  });

  t.test("one is found by its reference, however it was typed", async (t) => {
    const reference = referenceOf(registrationId);
    const found = await post("/registrations", { email: ` ${reference.toLowerCase().replace("-", "")} ` });
    t.match(found, { statusCode: 200, body: `ann@example.org is registered` });
    t.match(found.body, reference);
    const none = await post("/registrations", { email: "AAAA-AAAA" });
    t.match(none, { statusCode: 200, body: /Nothing that is stored has this reference/ });
    t.notMatch(none.body, "is registered");
  });

  t.test("all are exported as a file, a formula inert, and the log tells it", async (t) => {
    const csv = await post("/registrations/export", { format: "csv" });
    t.match(csv.headers, {
      "content-disposition": 'attachment; filename="registrations.csv"',
      "cache-control": "no-store",
    });
    t.match(csv.body, /^\ufeff"email","name",.*\r\n"ann@example\.org","'=cmd/);
    const lines = await post("/registrations/export", { format: "jsonl" });
    t.match(JSON.parse(lines.body), { email: "ann@example.org", name: Item.name });
    t.equal((await post("/registrations/export", { format: "exe" })).statusCode, 400);
    t.match(await deadLetters.readLog(2), [{ action: "export" }, { action: "export" }]);
  });

  t.test("a correction and a withdrawal are told", async (t) => {
    const put = (item: object) =>
      connection.documents.send(new PutCommand({ TableName: connection.registrationsTable, Item: item as never }));
    const changedAt = "2026-01-03T10:00:00.000Z";
    await put({ ...Item, email: "eda@example.org", changedAt, mailbox: true, language: "de" });
    const corrected = await post("/registrations", { email: "eda@example.org" });
    t.match(corrected.body, /Corrected<\/dt><dd>[^]*2026-01-03[^]*a link from a mail was used[^]*<dd>de<\/dd>/);
    await put(createTombstone("gone@example.org", "withdrawn", "gone-1", Date.parse(changedAt)));
    const gone = await post("/registrations", { email: "gone@example.org" });
    t.match(gone.body, /gone@example.org is not registered[^]*Withdrawn by the attendee: [^]*2026-01-03/);
  });
});
