import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { affectedBy, reloadedProcesses, type ReloadedProcess } from "../../../local/dev/affected.ts";
import { createReloader } from "../../../local/dev/reloader.ts";
import type { ProcessState } from "../../../local/supervisor.ts";
import { eventually } from "../../equipment/eventually.ts";

/** Three processes that do what they are told, and what was reported. */
function scene(t: Test) {
  const calls: string[] = [];
  const reports: string[] = [];
  const state: Record<ReloadedProcess, ProcessState> = { web: "running", worker: "running", console: "running" };
  const broken = new Set<ReloadedProcess>();
  const held: { start?: Promise<void>; stop?: Promise<void> } = {};
  const processes = Object.fromEntries(
    reloadedProcesses.map((name) => [
      name,
      {
        get state() {
          return state[name];
        },
        async stop() {
          calls.push(`stop ${name}`);
          await held.stop;
          state[name] = "stopped";
        },
        async start() {
          calls.push(`start ${name}`);
          await held.start;
          state[name] = broken.has(name) ? "failed" : "running";
          if (broken.has(name)) throw new Error("SyntaxError");
        },
      },
    ]),
  ) as Record<ReloadedProcess, { state: ProcessState; stop(): Promise<void>; start(): Promise<void> }>;
  const reloader = createReloader({
    affectedBy: (path) => affectedBy(path, "event.json"),
    process: (name) => processes[name],
    quietMs: 20,
    reporter: {
      reloading: (paths, names) => reports.push(`${paths.join(" ")}: ${names.join(" ")}`),
      reloaded: (name) => reports.push(`${name} again`),
      reloadFailed: (name, error) => reports.push(`${name} ${error.message}`),
      notReloaded: (paths) => reports.push(`later ${paths.join(" ")}`),
    },
  });
  t.teardown(() => reloader.close());
  return { calls, reports, state, broken, reloader, held };
}

t.test("changes that follow each other are one restart of what they concern", async (t) => {
  const { calls, reports, reloader } = scene(t);
  for (const path of ["web/app.ts", "web/app.ts", "web/main.ts", "test/web/app.unit.test.ts"]) reloader.changed(path);
  await eventually(() => reports.includes("web again"), "it is restarted");
  t.strictSame(calls, ["stop web", "start web"]);
  t.strictSame(reports, ["web/app.ts web/main.ts: web", "web again"]);
});

t.test("what does not start is told, and started again by the next change, whatever it concerns", async (t) => {
  const { reports, broken, reloader } = scene(t);
  broken.add("worker");
  reloader.changed("worker/app.ts");
  await eventually(() => reports.includes("worker SyntaxError"), "the failure is told");
  broken.clear();
  reloader.changed("web/app.ts");
  await eventually(() => reports.includes("worker again") && reports.includes("web again"), "both run");
  t.ok(reports.includes("web/app.ts: web worker"));
});

t.test("a change during a restart begins it anew, and only the latest is told of", async (t) => {
  const { calls, reports, reloader, held } = scene(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  held.start = promise;
  reloader.changed("web/app.ts");
  await eventually(() => calls.includes("start web"), "it is being started");
  reloader.changed("web/app.ts");
  await eventually(() => calls.length === 4, "it is started again");
  resolve();
  await eventually(() => reports.includes("web again"), "it runs");
  t.strictSame(calls, ["stop web", "start web", "stop web", "start web"]);
  t.equal(reports.filter((line) => line === "web again").length, 1);
});

t.test("what the program itself has read is told, and restarts nothing", async (t) => {
  const { calls, reports, reloader } = scene(t);
  reloader.changed("cron.yaml");
  await eventually(() => reports.length > 0, "it is told");
  t.strictSame(reports, ["later cron.yaml"]);
  t.strictSame(calls, []);
});

t.test("after the end nothing is started, not even what is being stopped", async (t) => {
  const { calls, reports, reloader, held } = scene(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  held.stop = promise;
  reloader.changed("web/app.ts");
  await eventually(() => calls.includes("stop web"), "it is being stopped");
  reloader.close();
  resolve();
  reloader.changed("worker/app.ts");
  // The control: another scene, whose restart takes as long.
  const control = scene(t);
  control.reloader.changed("worker/app.ts");
  await eventually(() => control.reports.includes("worker again"), "the control is restarted");
  t.strictSame(calls, ["stop web"]);
  t.strictSame(reports, ["web/app.ts: web"]);
});
