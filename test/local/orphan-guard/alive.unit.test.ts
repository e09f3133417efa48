import { spawn } from "node:child_process";
import { once } from "node:events";
import { t } from "../../equipment/file-test.ts";
import { isAlive } from "../../../local/orphan-guard/alive.ts";

t.test("a process is alive until it has ended", async (t) => {
  t.ok(isAlive(process.pid));
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  t.ok(isAlive(child.pid!));
  child.kill("SIGKILL");
  await once(child, "exit");
  t.notOk(isAlive(child.pid!));
});
