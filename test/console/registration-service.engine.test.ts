import { BatchWriteCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../equipment/file-test.ts";
import { createTombstone } from "../../shared/registration/tombstone.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { openConsole, registrationOf } from "./open-console.ts";

t.test("an export comes page by page, each person once, and ends when its reader leaves", async (t) => {
  const { connection } = await startEngines(t);
  const { registrations, deadLetters } = await openConsole(t, connection);
  // Large, so that one page of a scan (1 MiB) does not hold them all.
  const answers = { note: "x".repeat(2_000) };
  for (let start = 0; start < 800; start += 25) {
    const items = Array.from({ length: 25 }, (_, index) => {
      const { id: registrationId, ...rest } = registrationOf(`ann${start + index}@example.org`);
      return { PutRequest: { Item: { ...rest, answers, registrationId, storedAt: rest.submittedAt } } };
    });
    await connection.documents.send(
      new BatchWriteCommand({ RequestItems: { [connection.registrationsTable]: items } }),
    );
  }
  const left = createTombstone("erased@example.org", "erased", "e", Date.now());
  await connection.documents.send(new PutCommand({ TableName: connection.registrationsTable, Item: left }));
  const { signal } = new AbortController();
  t.match(await registrations.find(left.email, signal), [{ registration: undefined }], "a tombstone is nobody");
  const pieces: string[] = [];
  for await (const piece of registrations.export("jsonl", new AbortController().signal)) pieces.push(piece);
  const lines = pieces.join("").trimEnd().split("\n");
  t.equal(new Set(lines.map((line) => (JSON.parse(line) as { email: string }).email)).size, 800);
  t.equal(lines.length, 800);
  t.ok(pieces.length > 1, `${pieces.length} pieces`);

  for await (const piece of registrations.export("csv", new AbortController().signal)) {
    t.match(piece, /^\ufeff"email",/);
    break;
  }
  const gone = new AbortController();
  await t.rejects(async () => {
    for await (const _ of registrations.export("jsonl", gone.signal)) gone.abort(new Error("the reader left"));
  }, /reader left/);
  t.equal((await deadLetters.readLog(9)).length, 3);
});
