import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { createAuditLog } from "../../../admin/audit-log.ts";
import { LogOutput } from "../../../admin/commands/log.ts";
import { runCommand } from "../../equipment/command-run.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { env, connection } = await startEngines(t);

t.test("what admins did is shown, to people and to machines", async (t) => {
  t.match((await runCommand(["log"], { env })).stdout, "Nothing was done.");
  const log = createAuditLog({
    connection,
    who: "arn:aws:iam::1:user/ann",
    wallClock: Date.now,
  });
  await log.add({ action: "discard", ids: ["id-1"], detail: "discards 1", why: "spam \x1b[2J" });
  const run = await runCommand(["log", "--since", "1h", "--json"], { env });
  t.ok(Compile(LogOutput).Check(run.json()), "as its schema says");
  t.match(run.json(), { lines: [{ who: "arn:aws:iam::1:user/ann", action: "discard", ids: ["id-1"] }] });
  const { stdout } = await runCommand(["log"], { env });
  t.match(stdout, /arn:aws:iam::1:user\/ann +discards 1 +spam/);
  t.notMatch(stdout, "\x1b");
});
