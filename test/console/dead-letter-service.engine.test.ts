import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../equipment/file-test.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { addRecord, openConsole, registrationOf } from "./open-console.ts";

t.test("operations on dead letters", async (t) => {
  const { connection } = await startEngines(t);
  const { deadLetters: service } = await openConsole(t, connection);

  t.test("lists a page of the newest that pass, counts all that pass, and groups all there are", async (t) => {
    for (const hour of ["10", "12", "11"])
      await addRecord(connection, { lastFailedAt: `2026-03-01T${hour}:00:00.000Z` });
    await addRecord(connection, { reason: "malformed", state: "discarded" });
    const filter = { reason: "invalid-registration" } as const;
    const first = await service.list(filter, undefined, 2);
    const hours = (rows: typeof first.rows) => rows.map(({ lastFailedAt }) => lastFailedAt.slice(11, 13));
    t.match(first, { total: 3, open: 3, before: 0, previous: undefined });
    t.same(hours(first.rows), ["12", "11"]);
    const second = await service.list(filter, first.next, 2);
    t.match(second, { before: 2, previous: "", next: undefined });
    t.same(hours(second.rows), ["10"]);
    const { groups } = first;
    t.match(groups, [
      { reason: "invalid-registration", count: 3 },
      { reason: "malformed", count: 1 },
    ]);
  });

  t.test("of two who edit at once, the second is told; the log has a line for each that was tried", async (t) => {
    const { id } = await addRecord(connection);
    const { record, body } = await service.read(id);
    const edit = service.propose(record, body, [{ field: "email", value: "ann@example.org" }]);
    await service.saveEdit(record, edit, "asked");
    await t.rejects(service.saveEdit(record, edit, "asked as well"), { code: "TURNOUT_DEAD_LETTER_CHANGED" });
    await t.rejects(service.discard(record, "spam"), { code: "TURNOUT_DEAD_LETTER_CHANGED" });
    const lines = await service.readLog(10);
    t.same(lines.map(({ action }) => action).toSorted(), ["discard", "edit", "edit"]);
  });

  t.test("what is discarded is told to whoever holds its receipt", async (t) => {
    const { id } = await addRecord(connection);
    const { record } = await service.read(id);
    await service.discard(record, "spam");
    const Key = { id };
    const { Item } = await connection.documents.send(new GetCommand({ TableName: connection.outcomesTable, Key }));
    t.match(Item, { outcome: "discarded" });
  });

  t.test("only what is open can be edited or discarded, and what is not there is said not to be", async (t) => {
    const { id } = await addRecord(connection, { state: "resolved", registration: registrationOf("a@example.org") });
    const { record, body } = await service.read(id);
    const changed = { code: "TURNOUT_DEAD_LETTER_CHANGED" };
    t.throws(() => service.propose(record, body, [{ field: "name", value: "Bob" }]), changed);
    await t.rejects(service.discard(record, "why"), changed);
    await t.rejects(service.read("gone"), { code: "TURNOUT_DEAD_LETTER_UNKNOWN" });
  });

  t.test("forecasts by reason or by id, telling the first ones one by one", async (t) => {
    const ready = await addRecord(connection, { reason: "crash-loop", registration: registrationOf("b@example.org") });
    t.match(await service.dryRun({ ids: [ready.id, "gone"] }, 1), {
      ids: [ready.id, "gone"],
      counts: { replayable: 1, missing: 1 },
      checks: [{ kind: "replayable" }],
    });
    t.same(await service.select({ filter: { reason: "crash-loop", state: "open" } }), [ready.id]);
  });
});
