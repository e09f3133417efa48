import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { root } from "./source-tree.ts";

/** An npm that only says what it was asked for, and does as the test wants. */
const npm = `#!/usr/bin/env bash
echo "npm $*"
case "$1" in
  ci) exit "$CI_STATUS" ;;
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

function ci(test: Test, behaviour: Record<string, string> = {}): Outcome {
  const bin = test.testdir();
  // A Chromium of that name keeps the script from installing one.
  for (const name of ["npm", "chromium"]) {
    writeFileSync(join(bin, name), npm);
    chmodSync(join(bin, name), 0o755);
  }
  const { status, stdout, stderr } = spawnSync("bash", [join(root, ".ci/run")], {
    cwd: bin,
    encoding: "utf8",
    env: {
      PATH: `${bin}:${process.env.PATH ?? ""}`,
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
  t.equal(lastLine, "117 passed, 0 failed, 4 skipped");
  const commands = [
    "npm ci",
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
    [{ TEST_STATUS: "1", SUMMARY: "12 passed, 2 failed, 3 skipped (4.4 s)" }, "117 passed, 2 failed, 4 skipped"],
    [{ TEST_STATUS: "1" }, "117 passed, 1 failed, 4 skipped"],
    [{ SUMMARY: "" }, "105 passed, 1 failed, 1 skipped"],
    [{ BROKEN: "check:lint" }, "116 passed, 1 failed, 4 skipped"],
    [{ BROKEN: "test:system" }, "117 passed, 1 failed, 4 skipped"],
    [{ CI_STATUS: "1" }, "0 passed, 1 failed, 0 skipped"],
  ];
  for (const [behaviour, expected] of failures) {
    const { status, lastLine } = ci(t, behaviour);
    t.equal(status, 1, JSON.stringify(behaviour));
    t.equal(lastLine, expected);
  }
});
