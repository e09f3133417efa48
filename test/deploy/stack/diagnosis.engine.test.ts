import { t } from "../../equipment/file-test.ts";
import { diagnoseConnection, withoutRoles } from "../../../deploy/stack/diagnosis.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const calm = new AbortController().signal;
// Not the default ports, where somebody's npm start may run.
const tiers = { kind: "urls", web: "http://127.0.0.1:1", worker: "http://127.0.0.1:1" } as const;

t.test("what can be reached is checked: identity, queues, tables, tiers", async (t) => {
  const checks = await diagnoseConnection({ ...connection, tiers }, calm);
  t.match(
    checks.map(({ name, status }) => `${name}: ${status}`),
    [
      "identity: ok",
      "queue: ok",
      "dead-letter queue: ok",
      "registrations table: ok",
      "dead-letters table: ok",
      "outcomes table: ok",
      "activity table: ok",
      "controls table: ok",
      "web tier: failed",
      "worker tier: failed",
    ],
  );
});

t.test("a missing queue or table has failed, and the rest is still checked", async (t) => {
  const queueUrl = connection.queueUrl.replace(/registrations$/, "nowhere");
  const checks = await diagnoseConnection({ ...connection, queueUrl, deadLettersTable: "nowhere" }, calm);
  const failed = checks.filter(({ status, name }) => status === "failed" && !name.endsWith("tier"));
  t.strictSame(
    failed.map(({ name }) => name),
    ["queue", "dead-letters table"],
  );
  t.ok(failed.every(({ todo }) => /does not exist/.test(todo)));
});

t.test("roles that cannot be checked are skipped, with the reason", async (t) => {
  t.match(withoutRoles(true), [
    { name: "web role", status: "skipped", found: /local engines/ },
    { name: "worker role" },
  ]);
  t.match(withoutRoles(false), [{ found: /give --stack/ }]);
});
