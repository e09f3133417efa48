import t from "tap";
import { runCommand } from "../../equipment/command-run.ts";

t.test("it leads to what can be asked of a deployment", async (t) => {
  const { stdout } = await runCommand(["stack", "--help"]);
  for (const name of ["verify", "watch-scaling", "leftovers"]) t.match(stdout, new RegExp(`^ +${name} `, "m"));
});
