import { text } from "node:stream/consumers";
import t from "tap";
import Reporter from "../reporter.ts";

/** @param chunks TAP as the runner hands it over; lines may be cut anywhere */
async function report(...chunks: string[]): Promise<string> {
  const reporter = new Reporter();
  for (const chunk of chunks) reporter.write(chunk);
  reporter.end();
  return text(reporter);
}

const good = `TAP version 14
# Subtest: test/a.test.ts
    # Subtest: it works
        ok 1 - should be equal
        ok 2 - should be equal
        1..2
    ok 1 - it works # time=3ms
    
    # Subtest: a heading
        # Subtest: with a test
            ok 1 - should be equal
            1..1
        ok 1 - with a test # time=1ms
        
        1..1
    ok 2 - a heading # time=2ms
    
    1..2
    # time=1234ms
ok 1 - test/a.test.ts # time=1234ms

`;

const bad = `# Subtest: test/b.test.ts
    # Subtest: it works \\# not
        not ok 1 - should be equal
          ---
          diff: |
            -1
            +2
          at:
            fileName: test/b.test.ts
          stack: |
            test/b.test.ts:2:3
          source: |
            t.equal(1, 2);
          ...
        
        1..1
    not ok 1 - it works \\# not # time=3ms
      ---
      at:
        fileName: test/b.test.ts
      ...
    
a line that is no TAP
    1..1
not ok 2 - test/b.test.ts # time=10ms
  ---
  exitCode: 1
  ...

`;

t.test("a file is a line: tests are counted, headings and assertions are not", async (t) => {
  const output = await report(good);
  t.match(output, /^ok {4}test\/a\.test\.ts {2}2 passed \(1\.23 s\)$/m);
  t.match(output, /\n2 passed, 0 failed, 0 skipped \([\d.]+ s\)\n$/);
});

t.test("what failed is said once more at the end; where nothing did, nothing is", async (t) => {
  t.match(
    await report(bad, good),
    /\nFailed:\n {2}test\/b\.test\.ts > it works # not\n\n2 passed, 1 failed, 0 skipped/,
  );
  t.notMatch(await report(good), "Failed:");
});

t.test("a failure is shown with its difference and its place, without the code around it", async (t) => {
  const output = await report(good, bad);
  t.match(output, /^FAIL {2}test\/b\.test\.ts {2}0 passed, 1 failed/m);
  t.match(output, /✖ it works # not\n {4}should be equal\n {6}diff: \|\n {8}-1\n {8}\+2\n {6}stack/);
  t.match(output, /It wrote:\na line that is no TAP/);
  t.notMatch(output, /t\.equal\(1, 2\)|fileName/);
  t.match(output, /\n2 passed, 1 failed, 0 skipped/);
});

t.test("it does not matter where the stream is cut", async (t) => {
  const whole = await report(good, bad);
  const cut = await report(...(good + bad).split(""));
  t.equal(cut.replace(/\([\d.]+ s\)/g, ""), whole.replace(/\([\d.]+ s\)/g, ""));
});

t.test("what is skipped is listed with its reason, however it was skipped", async (t) => {
  const output = await report(`# Subtest: test/c.test.ts
    ok 1 - in the page # SKIP Chromium was not found
    # Subtest: in its body
        ok 1 - no engine for this platform # SKIP
        1..1
    ok 2 - in its body # time=1ms
    ok 3 - later # TODO when it exists
    1..3
ok 1 - test/c.test.ts # time=1ms
ok 2 - test/d.test.ts # SKIP not here
`);
  t.match(output, /^ {2}test\/c\.test\.ts > in the page: Chromium was not found$/m);
  t.match(output, /^ {2}test\/c\.test\.ts > in its body: no engine for this platform$/m);
  t.match(output, /^ {2}test\/c\.test\.ts > later: still to do\. when it exists$/m);
  t.match(output, /^ {2}test\/d\.test\.ts: not here$/m);
  t.match(output, /\n0 passed, 0 failed, 4 skipped/);
});

t.test("a file that dies outside its tests is a failure, and one in the middle of a test is that test's", async (t) => {
  const atImport = await report(`# Subtest: test/e.test.ts
    1..0 # no tests found
not ok 1 - test/e.test.ts # time=5ms
  ---
  exitCode: 1
  signal: null
  ...
`);
  t.match(atImport, /✖ test\/e\.test\.ts\n {6}exitCode: 1/);
  t.match(atImport, /\n0 passed, 1 failed, 0 skipped/);
  const inside = await report(`# Subtest: test/f.test.ts
    # Subtest: it ends the process
        ok 1 - should be equal
        not ok 2 - test unfinished
          ---
          stack: |
            test/f.test.ts:2:3
          ...
        
        1..2
    1..0 # no tests found
not ok 1 - test/f.test.ts # time=5ms
`);
  t.match(inside, /✖ it ends the process \(did not finish\)\n {4}test unfinished/);
  t.match(inside, /\n0 passed, 1 failed, 0 skipped/);
});

t.test(
  "a file that is killed in the middle of a test names that test, and shows the end of what it wrote",
  async (t) => {
    const output = await report(`# Subtest: test/k.test.ts
    # Subtest: it works
        ok 1 - should be equal
        1..1
    ok 1 - it works # time=1ms
    # Subtest: it hangs
        ok 1 - should be equal
${Array.from({ length: 300 }, (_, index) => `    noise ${index}`).join("\n")}
not ok 1 - test/k.test.ts # time=5ms
  ---
  exitCode: null
  signal: SIGKILL
  ...
`);
    t.match(output, /✖ it hangs \(did not finish\)\n {4}test\/k\.test\.ts\n {6}exitCode: null\n {6}signal: SIGKILL/);
    t.match(output, /\n1 passed, 1 failed, 0 skipped/);
    t.match(output, /noise 299/);
    t.ok(output.split("\n").length < 40, "it fits on a screen");
  },
);

t.test("a file whose time was over is told once, under its own name", async (t) => {
  const again = `not ok 2 - timeout! # time=0ms
  ---
  expired: test/l.test.ts
  ...
`;
  const told = `# Subtest: test/l.test.ts
    # Subtest: never ends
        not ok 1 - timeout!
          ---
          expired: TAP
          ...
        
        1..1
    not ok 1 - never ends # time=1ms
    1..1
not ok 1 - test/l.test.ts # time=5040ms
`;
  const once = await report(told, again);
  t.match(once, /FAIL {2}test\/l\.test\.ts/);
  t.notMatch(once, /FAIL {2}timeout!/);
  t.match(once, /\n0 passed, 1 failed, 0 skipped/);
  t.match(await report(again), /FAIL {2}test\/l\.test\.ts/);
});

t.test("a comment, such as a seed, is shown with its file", async (t) => {
  const output = await report(`# Subtest: test/g.test.ts
    # Subtest: random
        # seed 42
        ok 1 - should be equal
        1..1
    ok 1 - random # time=1ms
    1..1
ok 1 - test/g.test.ts # time=1ms
`);
  t.match(output, /^ok .*test\/g\.test\.ts.*\n {6}# seed 42$/m);
});
