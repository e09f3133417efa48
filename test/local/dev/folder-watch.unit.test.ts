import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { watchFolders } from "../../../local/dev/folder-watch.ts";
import { eventually } from "../../equipment/eventually.ts";

/** A tree that is watched, and a folder beside it of which only its own files are. */
function watched(t: Test) {
  const root = t.testdir({
    tree: { "a.ts": "", below: { "b.ts": "" } },
    flat: { "c.json": "", below: { "d.json": "" } },
  });
  const seen = new Set<string>();
  const watch = watchFolders({
    trees: [join(root, "tree")],
    folders: [join(root, "flat")],
    onChange: (path) => seen.add(path),
  });
  t.teardown(() => watch.close());
  return {
    root,
    seen,
    watch,
    /** Does something, and waits until it was seen as a change of this file. */
    async expect(path: string, action: (path: string) => void) {
      seen.clear();
      action(join(root, path));
      await eventually(() => seen.has(join(root, path)), `a change of ${path} is seen`);
    },
  };
}

const write = (path: string) => writeFileSync(path, String(Math.random()));
/** As editors save. */
function replace(path: string): void {
  write(`${path}.new`);
  renameSync(`${path}.new`, path);
}

t.test("a file is seen each time it is written or replaced by another", async (t) => {
  const { expect } = watched(t);
  for (const action of [write, replace, replace, write, replace]) {
    await expect("tree/a.ts", action);
    await expect("tree/below/b.ts", action);
    await expect("flat/c.json", action);
  }
});

t.test("a file that is made or removed is seen, and one that is made again", async (t) => {
  const { expect } = watched(t);
  await expect("tree/below/new.ts", write);
  await expect("tree/below/new.ts", rmSync);
  await expect("tree/below/new.ts", write);
  await expect("tree/below/new.ts", write);
});

t.test("a new folder is watched with what is below, also in place of one that was removed", async (t) => {
  const { root, expect } = watched(t);
  await expect("tree/x/y/z.ts", (path) => {
    mkdirSync(join(root, "tree/x/y"), { recursive: true });
    write(path);
  });
  await expect("tree/x/y/z.ts", write);
  await expect("tree/below/b.ts", (path) => {
    rmSync(join(root, "tree/below"), { recursive: true });
    mkdirSync(join(root, "tree/below"));
    write(path);
  });
  await expect("tree/below/b.ts", replace);
});

t.test("what is below a folder that is watched by itself is not seen", async (t) => {
  const { root, seen, expect } = watched(t);
  write(join(root, "flat/below/d.json"));
  await expect("flat/c.json", write);
  t.notOk(seen.has(join(root, "flat/below/d.json")));
});

t.test("after the end nothing is seen; a second end is harmless", async (t) => {
  const { root, seen, watch } = watched(t);
  watch.close();
  watch.close();
  // The control is another watch, which sees the same change.
  const other = new Set<string>();
  const control = watchFolders({ trees: [join(root, "tree")], folders: [], onChange: (path) => other.add(path) });
  t.teardown(() => control.close());
  write(join(root, "tree/a.ts"));
  await eventually(() => other.has(join(root, "tree/a.ts")), "the control sees it");
  t.equal(seen.size, 0);
});

t.test("a folder that is missing is an error", async (t) => {
  t.throws(() => watchFolders({ trees: [join(t.testdir(), "none")], folders: [], onChange() {} }), { code: "ENOENT" });
});
