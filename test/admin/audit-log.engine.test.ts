import { t } from "../equipment/file-test.ts";
import { createAuditLog, isLogId } from "../../admin/audit-log.ts";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { deadLetters, putAll } from "../equipment/dead-letter-seeds.ts";
import { startEngines } from "../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, deadLettersTable: tableName } = connection;
const { signal } = new AbortController();

t.test("what admins did is read again, oldest first, and from when one wants", async (t) => {
  await putAll(documents, tableName, deadLetters(3));
  let now = Date.parse("2026-01-01T09:00:00.000Z");
  const log = (who: string) => createAuditLog({ connection, who, wallClock: () => now });
  const ids = Array.from({ length: 150 }, (_, number) => `id-${number}`);
  await log("ann").add({ action: "replay", ids, detail: "replays up to 150", why: "mended" });
  await log("bob").add({ action: "forget", ids: [], detail: "erases a person", why: "on request" });
  now += 60_000;
  await log("ann").add({ action: "discard", ids: ["id-1"], detail: "discards 1", why: "spam" });
  const lines = await log("").read("", signal);
  t.match(
    lines.map(({ who, action }) => `${who} ${action}`).toSorted(),
    ["ann discard", "ann replay", "bob forget"],
    "both of one moment",
  );
  t.equal(lines.at(-1)?.action, "discard");
  t.equal(lines.find(({ action }) => action === "replay")?.ids.length, 100, "of very many ids the first");
  t.match(await log("").read("2026-01-01T09:00:30.000Z", signal), [{ action: "discard", ids: ["id-1"], why: "spam" }]);
});

t.test("whoever reads dead letters passes the log over", async (t) => {
  let seen = 0;
  await createDeadLetterStore(documents, tableName).scan({}, signal, (records) => void (seen += records.length));
  t.equal(seen, 3);
  t.ok(isLogId("log#2026"));
  t.notOk(isLogId("raw-1"));
});
