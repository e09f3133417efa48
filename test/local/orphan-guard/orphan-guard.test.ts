import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t from "tap";
import { isAlive } from "../../../local/orphan-guard/alive.ts";
import { createOrphanGuard } from "../../../local/orphan-guard/orphan-guard.ts";
import { eventually } from "../../equipment/eventually.ts";

const idle = "setInterval(() => {}, 1000)";
const guardModule = join(import.meta.dirname, "../../../local/orphan-guard/orphan-guard.ts");

function sleeper(t: { teardown(end: () => unknown): void }): ChildProcess {
  const child = spawn(process.execPath, ["-e", idle], { stdio: "ignore", detached: true });
  t.teardown(() => child.kill("SIGKILL"));
  return child;
}

/** A process that starts three children and, if it is told to, a guard over the first two; then it prints their numbers. */
async function family(guarded: boolean, folder: string) {
  const code = `
    import { spawn } from "node:child_process";
    import { createOrphanGuard } from ${JSON.stringify(guardModule)};
    const children = [0, 1, 2].map(() => spawn(process.execPath, ["-e", ${JSON.stringify(idle)}], { detached: true, stdio: "ignore" }));
    if (${guarded}) {
      const guard = createOrphanGuard();
      guard.removeFolder(${JSON.stringify(folder)});
      for (const child of children) guard.watch(child.pid);
      guard.forget(children[2].pid);
    }
    setTimeout(() => console.log(children.map((child) => child.pid).join(" ")), 300);`;
  const args = ["--input-type=module-typescript", "-e", code];
  const parent = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(parent.stdout), "line")) as [string];
  return { parent, pids: line.split(" ").map(Number) };
}

t.test("a process killed with -9 leaves neither children nor folder behind; without the guard it would", async (t) => {
  const folder = join(t.testdir(), "scratch");
  mkdirSync(folder);
  const guarded = await family(true, folder);
  const [first, second, forgotten] = guarded.pids as [number, number, number];
  t.teardown(() => process.kill(forgotten, "SIGKILL"));
  guarded.parent.kill("SIGKILL");
  await eventually(() => !isAlive(first) && !isAlive(second), "the watched children have ended");
  await eventually(() => !existsSync(folder), "the folder is gone");
  t.ok(isAlive(forgotten), "one that was forgotten is left alone");

  const unguarded = await family(false, folder);
  t.teardown(() => unguarded.pids.forEach((pid) => process.kill(pid, "SIGKILL")));
  unguarded.parent.kill("SIGKILL");
  await once(unguarded.parent, "exit");
  t.ok(unguarded.pids.every(isAlive), "control: without a guard the children live on");
});

t.test("a dismissed guard ends and touches nobody", async (t) => {
  const child = sleeper(t);
  const guard = createOrphanGuard();
  guard.watch(child.pid!);
  await guard.dismiss();
  await guard.dismiss();
  t.notOk(isAlive(guard.pid!));
  t.ok(isAlive(child.pid!));
});
