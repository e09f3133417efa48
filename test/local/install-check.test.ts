import { execFile } from "node:child_process";
import { promisify } from "node:util";
import t from "tap";
import { installError } from "../../local/install-check.js";

const run = promisify(execFile);
const everything = () => true;

t.test("a Node.js that cannot run TypeScript is told what to type, in one line", async (t) => {
  const error = installError("20.20.2", everything)!;
  t.match(error, /Node\.js 24; this is 20\.20\.2.*npm rebuild node/);
  t.notMatch(error, /\n/);
});

t.test("an install without development packages is told what to type, whatever Node.js it has", async (t) => {
  for (const version of ["20.20.2", "24.21.0"]) {
    t.match(
      installError(version, (name) => name !== "fauxqs"),
      /\(fauxqs\).*npm ci --include=dev/,
    );
  }
});

t.test("a whole install goes on without a word", async (t) => {
  t.equal(installError("24.0.0", everything), undefined);
  const { stdout, stderr } = await run(process.execPath, ["--import", "./local/install-check.js", "-p", "'started'"]);
  t.equal(stdout, "started\n");
  t.equal(stderr, "");
});
