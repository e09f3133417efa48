import t from "tap";
import { runCommand } from "../../command-run.ts";

t.test("it asks which stack is meant", async (t) => {
  const { code, stderr } = await runCommand(["stack", "leftovers"]);
  t.equal(code, 2);
  t.match(stderr, "--stack");
});
