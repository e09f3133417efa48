import { t } from "../../../equipment/file-test.ts";
import { runCommand } from "../../../equipment/command-run.ts";

t.test("it leads to what can be done about dead letters", async (t) => {
  const { stdout } = await runCommand(["dead-letters", "--help"]);
  for (const name of ["list", "show", "replay", "runs", "edit", "discard"])
    t.match(stdout, new RegExp(`^ +${name} `, "m"));
});
