import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import t from "tap";
import { productFolders, root, sourceFiles } from "./source-tree.ts";

/** Source files without a test file of their own, and what tests them instead. */
const testedElsewhere: [path: RegExp, reason: string][] = [
  [/(^|\/)main\.ts$/, "a process: test/flow and test/faults start it"],
  [/^shared\/(aws\/aws-limits|dead-letters\/dead-letter)\.ts$/, "names and numbers, nothing that could behave"],
  [/^(web\/page|console)\/assets\//, "runs in a browser: test/browser"],
];

const maxLines = 320;
/** `utils` and its like say nothing about what is inside; a barrel hides where it comes from. */
const bannedNames = /^(utils?|helpers?|common|misc|types?|index|constants|lib)$/;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;

const files = sourceFiles(productFolders);

/** A file of types alone does nothing that could be tested. */
function doesSomething(text: string): boolean {
  return /^(export )?(default )?(async )?(const|let|function|class)\b|^await\b|^[a-z][\w.]*\(/m.test(text);
}

function testOf(path: string): string {
  const base = `test/${path.replace(/\.(ts|js)$/, "")}`;
  const ofSystem = `${base}.system.test.ts`;
  return existsSync(join(root, ofSystem)) ? ofSystem : `${base}.test.ts`;
}

t.test("every source file has a test file in its place, or a reason why not", async (t) => {
  const missing = files
    .filter(({ text }) => doesSomething(text))
    .map(({ path }) => path)
    .filter((path) => !existsSync(join(root, testOf(path))))
    .filter((path) => !testedElsewhere.some(([pattern]) => pattern.test(path)));
  t.same(missing, [], "files without a test");
  t.ok(files.length > 20, "control: files were found");
});

t.test("every exception is one: it is about files that exist and have no test file", async (t) => {
  for (const [pattern] of testedElsewhere) {
    const meant = files.filter(({ path }) => pattern.test(path) && !existsSync(join(root, testOf(path))));
    t.ok(meant.length > 0, String(pattern));
  }
});

t.test("every name is in kebab-case and says what is inside", async (t) => {
  const named = sourceFiles([...productFolders, "bench", "test"]);
  for (const { path } of named) {
    const names = path.split("/").map((part) => part.replace(/(\.system)?(\.test)?\.(ts|js)$/, ""));
    const wrong = names.find((name) => !kebabCase.test(name.replace(/^\./, "")) || bannedNames.test(name));
    t.equal(wrong, undefined, path);
  }
  for (const name of ["utils", "helpers", "index", "types", "common"]) t.match(name, bannedNames, "control");
});

t.test(`no source file is longer than ${maxLines} lines`, async (t) => {
  for (const { path, text } of files) {
    const lines = text.split("\n").length - 1;
    t.ok(lines <= maxLines, `${path} has ${lines}`);
  }
});

t.test("every source file opens by saying what it is responsible for", async (t) => {
  for (const { path, text } of files) t.match(text, /^(#!.*\n)?(\/\*\*|\/\/ )/, path);
});

t.test("a process is a main.ts: every folder that runs has one, and nothing imports it", async (t) => {
  const importing = sourceFiles(productFolders.filter((folder) => folder !== "local")).filter(({ text }) =>
    /^(import|export)\b.*["'].*\/main\.ts["']/m.test(text),
  );
  t.same(
    importing.map(({ path }) => path),
    [],
  );
  for (const folder of ["web", "worker", "local"]) t.ok(existsSync(join(root, folder, "main.ts")), folder);
  t.equal(basename(testOf("web/routes/health.ts")), "health.test.ts", "control");
});
