import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";

const file = "application.log.2026-03-01-10";
const kinds = ["hooks", "confighooks"] as const;
const hook = (kind: (typeof kinds)[number]) =>
  new URL(`../../../infra/bundle/.platform/${kind}/predeploy/20-health-log.sh`, import.meta.url).pathname;

/**
 * Runs the hook where giving something to another user is only noted.
 * @param variables of the environment, by the folder that the health agent reads
 */
function run(
  t: Test,
  kind: (typeof kinds)[number],
  variables: (folder: string) => Record<string, string>,
  chown = 'echo "$*" >> "$CALLS"',
) {
  const root = t.testdir({ bin: { chown: `#!/bin/bash\n${chown}\n` }, nginx: { healthd: { [file]: "of nginx\n" } } });
  const [parent, folder, calls] = [join(root, "nginx"), join(root, "nginx/healthd"), join(root, "calls")];
  chmodSync(join(root, "bin/chown"), 0o755);
  chmodSync(folder, 0o700);
  chmodSync(parent, 0o700);
  const { status, stdout } = spawnSync("/bin/bash", [hook(kind)], {
    encoding: "utf8",
    env: { PATH: `${join(root, "bin")}${delimiter}/usr/bin:/bin`, CALLS: calls, ...variables(folder) },
  });
  const modes = [parent, folder].map((path) => (statSync(path).mode & 0o777).toString(8));
  return {
    status,
    stdout,
    folder,
    modes,
    calls: existsSync(calls) ? readFileSync(calls, "utf8") : "",
    written: readFileSync(join(folder, file), "utf8"),
  };
}

for (const kind of kinds) {
  t.test(`of ${kind}: the web tier may write into the folder, and the agent reaches it`, async (t) => {
    const { status, stdout, folder, modes, calls, written } = run(t, kind, (HEALTH_LOG_FOLDER) => ({
      HEALTH_LOG_FOLDER,
    }));
    t.equal(status, 0);
    t.equal(stdout, "");
    t.equal(calls, `-R webapp ${folder}\n`);
    t.same(modes, ["701", "775"]);
    t.equal(written, "of nginx\n");
  });

  t.test(`of ${kind}: the worker tier's folder is left to nginx`, async (t) => {
    const { status, modes, calls } = run(t, kind, () => ({}));
    t.equal(status, 0);
    t.same(modes, ["700", "700"]);
    t.equal(calls, "");
  });

  t.test(`of ${kind}: a failure is told and stops no deployment`, async (t) => {
    const { status, stdout, folder } = run(t, kind, (HEALTH_LOG_FOLDER) => ({ HEALTH_LOG_FOLDER }), "exit 1");
    t.equal(status, 0);
    t.match(stdout, `Turnout: ${folder} cannot be given to webapp`);
  });
}

t.test("both kinds of deployment do the same", async (t) => {
  const [one, other] = kinds.map((kind) => readFileSync(hook(kind), "utf8"));
  t.equal(one, other);
});
