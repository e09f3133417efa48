import { t } from "../../../equipment/file-test.ts";
import { runCommand } from "../../../equipment/command-run.ts";

t.test("it leads to what can be done with registrations", async (t) => {
  const { stdout } = await runCommand(["registrations", "--help"]);
  for (const name of ["find", "search", "counts", "add", "correct", "export", "forget"])
    t.match(stdout, new RegExp(`^ +${name} `, "m"));
});
