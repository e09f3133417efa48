import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { root } from "./source-tree.ts";

/** An npm that only notes what it was asked for, and brings one program. */
const npm = `#!/bin/sh
echo "npm $*" >>notes
mkdir -p tools/node_modules/.bin
printf '#!/bin/sh\\necho "$# arguments: $*"\\nexit 7\\n' >tools/node_modules/.bin/tool
chmod +x tools/node_modules/.bin/tool
echo "added 1 package"
exit "$NPM_STATUS"
`;

/** A folder with a copy of tools/run, a lockfile and this npm. */
function place(test: Test) {
  const folder = test.testdir({ tools: { "package-lock.json": "first" }, bin: { npm }, notes: "" });
  copyFileSync(join(root, "tools/run"), join(folder, "tools/run"));
  chmodSync(join(folder, "bin/npm"), 0o755);

  function run(npmStatus = 0) {
    const { status, stdout, stderr } = spawnSync(join(folder, "tools/run"), ["tool", "--check", "a b"], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, NPM_STATUS: String(npmStatus) },
    });
    const notes = readFileSync(join(folder, "notes"), "utf8").trim();
    writeFileSync(join(folder, "notes"), "");
    return { status, stdout, stderr, asked: notes };
  }
  return { run, lock: (text: string) => writeFileSync(join(folder, "tools/package-lock.json"), text) };
}

t.test("a tool's first use installs all by the lockfile and says so; the next ones do not", async (t) => {
  const { run } = place(t);
  const first = run();
  t.match(first.asked, /^npm ci --prefix \/.*\/tools /);
  t.match(first.stderr, /^Installing the tools .*\n$/);
  t.equal(first.stdout, "2 arguments: --check a b\n", "stdout is the tool's, with its arguments as they were");
  t.equal(first.status, 7, "and so is the exit code");
  t.same(run(), { ...first, stderr: "", asked: "" });
});

t.test("a lockfile that has changed since installs them again", async (t) => {
  const { run, lock } = place(t);
  run();
  lock("second");
  t.match(run().asked, "npm ci");
  t.equal(run().asked, "");
});

t.test("an installation that fails ends it, and is tried again", async (t) => {
  const { run } = place(t);
  const failed = run(3);
  t.equal(failed.status, 3);
  t.equal(failed.stdout, "");
  t.equal(run().status, 7);
});

t.test("each version is exact, so that the lockfile's are those that were meant", async (t) => {
  for (const file of ["package.json", "tools/package.json"]) {
    const { dependencies, devDependencies = {} } = JSON.parse(readFileSync(join(root, file), "utf8")) as Record<
      string,
      Record<string, string>
    >;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      t.match(version, /^\d+\.\d+\.\d+$/, `${file}: ${name}`);
    }
  }
});
