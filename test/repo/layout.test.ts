import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import t from "tap";
import { productFolders, root, sourceFiles } from "./source-tree.ts";

const maxLines = 320;
/** `utils` and its like say nothing about what is inside; a barrel hides where it comes from. */
const bannedNames = /^(utils?|helpers?|common|misc|types?|index|constants|lib)$/;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;

const files = sourceFiles(productFolders);

const tests = sourceFiles(["test"]).filter(({ path }) => path.endsWith(".test.ts"));

/** @returns the folder of the product that a test's place mirrors */
function testedFolder(path: string): string {
  return dirname(path).replace(/^test\//, "");
}

t.test("every folder with source has tests in its place, which test what it does", async (t) => {
  const tested = new Set(tests.map(({ path }) => testedFolder(path)));
  // A process is started by test/flow and test/faults, a page's script by a browser.
  const mirrored = files.filter(({ path }) => basename(path) !== "main.ts" && !/(^|\/)assets\//.test(path));
  const folders = new Set(mirrored.map(({ path }) => dirname(path)));
  for (const folder of folders) t.ok(tested.has(folder), folder);
  t.ok(folders.size > 20, "control: folders were found");
});

t.test("every test stands where what it tests does, or in a folder of its own kind", async (t) => {
  const kinds = /^(bench|browser|equipment|faults|flow|groups|repo)(\/|$)/;
  for (const { path } of tests) {
    const folder = testedFolder(path);
    t.ok(kinds.test(folder) || existsSync(join(root, folder)), path);
  }
});

t.test("every name is in kebab-case and says what is inside", async (t) => {
  const named = sourceFiles([...productFolders, "bench", "test"]);
  for (const { path } of named) {
    const names = path.split("/").map((part) => part.replace(/(\.system|\.unit|\.engine)?(\.test)?\.(ts|js)$/, ""));
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
});
