import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { root } from "./source-tree.ts";

/** An npm that only says what it was asked for, and does as the test wants. */
const npm = `#!/usr/bin/env bash
echo "npm $*"
case "$1" in
  ci) exit "$CI_STATUS" ;;
  audit) echo "$AUDIT"; exit "$AUDIT_STATUS" ;;
  test) echo "$SUMMARY"; exit "$TEST_STATUS" ;;
  run)
    if [[ "$2" == test:system ]]; then echo "100 passed, 0 failed, 1 skipped (5.5 s)"; fi
    [[ "$2" != "$BROKEN" ]]
    ;;
esac
`;

interface Outcome {
  readonly status: number | null;
  readonly lastLine: string | undefined;
  readonly output: string;
}

/** What the script itself needs of a system. */
const system = ["bash", "cat", "dirname", "env", "grep", "id", "mktemp", "rm", "sed", "tail", "tee", "timeout"];

/**
 * @param programs what is there beside npm, each as the text of a script; a Chromium keeps the script from installing one
 */
function ci(
  test: Test,
  behaviour: Record<string, string> = {},
  programs: Record<string, string> = { chromium: "" },
): Outcome {
  const bin = test.testdir();
  for (const [name, text] of Object.entries({ npm, ...programs })) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  for (const name of system.filter((one) => !(one in programs))) {
    symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(bin, name));
  }
  const { status, stdout, stderr } = spawnSync("bash", [join(root, ".ci/run")], {
    cwd: bin,
    encoding: "utf8",
    env: {
      PATH: bin,
      AUDIT_STATUS: "0",
      AUDIT: "found 0 vulnerabilities",
      CI_STATUS: "0",
      TEST_STATUS: "0",
      SUMMARY: "12 passed, 0 failed, 3 skipped (4.4 s)",
      BROKEN: "",
      ...behaviour,
    },
  });
  const output = stdout + stderr;
  return { status, lastLine: output.trimEnd().split("\n").at(-1), output };
}

t.test("it runs the README's commands and every other part of the check, and counts them all", async (t) => {
  const { status, lastLine, output } = ci(t);
  t.equal(status, 0);
  t.equal(lastLine, "118 passed, 0 failed, 4 skipped");
  const commands = [
    "npm ci",
    "found 0 vulnerabilities",
    "npm test",
    ...["format", "lint", "types", "dead-code"].map((part) => `npm run check:${part}`),
    "npm run test:system",
  ];
  let from = 0;
  for (const command of commands) {
    from = output.indexOf(`\n${command}`, from);
    t.ok(from > 0, `${command}, after the one before`);
  }
});

t.test("a failed test, a failed part and a run without a summary make it fail, and are counted", async (t) => {
  const failures: [behaviour: Record<string, string>, lastLine: string][] = [
    [{ TEST_STATUS: "1", SUMMARY: "12 passed, 2 failed, 3 skipped (4.4 s)" }, "118 passed, 2 failed, 4 skipped"],
    [{ TEST_STATUS: "1" }, "118 passed, 1 failed, 4 skipped"],
    [{ SUMMARY: "" }, "106 passed, 1 failed, 1 skipped"],
    [{ BROKEN: "check:lint" }, "117 passed, 1 failed, 4 skipped"],
    [{ BROKEN: "test:system" }, "118 passed, 1 failed, 4 skipped"],
    [{ CI_STATUS: "1" }, "0 passed, 1 failed, 0 skipped"],
  ];
  for (const [behaviour, expected] of failures) {
    const { status, lastLine } = ci(t, behaviour);
    t.equal(status, 1, JSON.stringify(behaviour));
    t.equal(lastLine, expected);
  }
});

t.test("what failed is said once more at the end, where the last screen of a long run shows it", async (t) => {
  const failed = "Failed:\n  test/web/app.test.ts > it answers\n\n12 passed, 1 failed, 3 skipped (4.4 s)";
  const { output } = ci(t, { TEST_STATUS: "1", SUMMARY: failed, BROKEN: "check:lint" });
  t.ok(
    output.endsWith(
      "Failed:\n  test/web/app.test.ts > it answers\n  npm run check:lint\n\n117 passed, 2 failed, 4 skipped\n",
    ),
    output,
  );
  t.notMatch(ci(t).output, "Failed:");
});

const unanswered = `npm warn audit 405 Method Not Allowed - POST /-/npm/v1/security/advisories/bulk
npm error audit endpoint returned an error`;

t.test(
  "a known vulnerability fails it; a registry that tells none is said plainly, and counted as skipped",
  async (t) => {
    const vulnerable = ci(t, { AUDIT_STATUS: "1", AUDIT: "# npm audit report\n\nleft-pad  <1.3.0\nSeverity: high" });
    t.equal(vulnerable.status, 1);
    t.equal(vulnerable.lastLine, "117 passed, 1 failed, 4 skipped");
    t.match(vulnerable.output, /left-pad[^]*failed: npm audit --omit=dev/);

    const silent = ci(t, { AUDIT_STATUS: "1", AUDIT: unanswered });
    t.equal(silent.status, 0);
    t.equal(silent.lastLine, "117 passed, 0 failed, 5 skipped");
    t.match(silent.output, /405 Method Not Allowed[^]*skipped: this registry[^]*nothing was checked/);

    const broken = ci(t, { AUDIT_STATUS: "1", AUDIT: "npm error code ENOLOCK" });
    t.equal(broken.lastLine, "117 passed, 1 failed, 4 skipped", "whatever else goes wrong is not passed over");
  },
);

t.test("what the tests need is installed from Debian's packages, and where it can't be, that is said", async (t) => {
  const superuser = `#!/usr/bin/env bash\necho 0`;
  const apt = `#!/usr/bin/env bash\necho "apt-get $*" >>"$APT_LOG"; exit "$APT_STATUS"`;
  const log = join(t.testdir(), "apt.log");

  const installed = ci(t, { APT_LOG: log, APT_STATUS: "0" }, { id: superuser, "apt-get": apt });
  t.equal(installed.status, 0);
  const asked = readFileSync(log, "utf8");
  t.match(
    asked,
    /install -y -qq chromium-headless-shell\n[^]*install -y -qq chromium\n/,
    "the second where the first isn't",
  );
  t.notMatch(installed.output, "will be skipped");

  const refused = ci(t, { APT_LOG: log, APT_STATUS: "100" }, { id: superuser, "apt-get": apt });
  t.match(refused.output, "chromium could not be installed: the browser tests will be skipped.");

  const nobody = ci(t, {}, { id: `#!/usr/bin/env bash\necho 1000`, "apt-get": apt });
  t.match(nobody.output, "There is no chromium, and only root may install it: the browser tests will be skipped.");

  const elsewhere = ci(t, {}, {});
  t.match(elsewhere.output, "There is no chromium, and no apt-get to install it: the browser tests will be skipped.");

  const there = ci(t, { APT_LOG: log, APT_STATUS: "100" }, { chromium: "", "apt-get": apt });
  t.notMatch(there.output, "chromium", "control: where it is, nothing is said");
});
