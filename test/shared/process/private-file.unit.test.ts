import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { t } from "../../equipment/file-test.ts";
import {
  makePrivateFile,
  makePrivateFolder,
  openPrivateFile,
  openPrivateFileSync,
} from "../../../shared/process/private-file.ts";

const modeOf = (path: string) => statSync(path).mode & 0o777;
const rejection = { code: "TURNOUT_USAGE_INVALID", message: /symbolic link/ };

t.test("a new file is its owner's alone, and never one that is there already", async (t) => {
  const folder = t.testdir();
  const path = join(folder, "new");
  await (await openPrivateFile(path, "new")).close();
  t.equal(modeOf(path), 0o600);
  await t.rejects(openPrivateFile(path, "new"), { code: "EEXIST" });
  t.throws(() => openPrivateFileSync(path, "new"), { code: "EEXIST" });
});

t.test("one that is there becomes its owner's alone, and keeps what it holds", async (t) => {
  const path = join(t.testdir(), "kept");
  writeFileSync(path, "a", { mode: 0o644 });
  t.equal(modeOf(path), 0o644, "control: it was not");
  const file = openPrivateFileSync(path, "append");
  writeSync(file, "b");
  closeSync(file);
  t.equal(modeOf(path), 0o600);
  t.equal(readFileSync(path, "utf8"), "ab");
  const handle = await openPrivateFile(path, "existing");
  await handle.write("c", 0);
  await handle.close();
  t.equal(readFileSync(path, "utf8"), "cb");
  await t.rejects(openPrivateFile(join(path, "..", "none"), "existing"), { code: "ENOENT" });
});

t.test("a symbolic link is not followed, wherever it leads", async (t) => {
  const folder = t.testdir({ victim: "precious" });
  const link = join(folder, "link");
  symlinkSync(join(folder, "victim"), link);
  for (const how of ["existing", "append"] as const) {
    await t.rejects(openPrivateFile(link, how), rejection, how);
    t.throws(() => openPrivateFileSync(link, how), rejection, how);
  }
  await t.rejects(openPrivateFile(link, "new"), { code: "EEXIST" });
  const dangling = join(folder, "dangling");
  symlinkSync(join(folder, "nowhere"), dangling);
  t.throws(() => openPrivateFileSync(dangling, "append"), rejection);
  t.equal(readFileSync(join(folder, "victim"), "utf8"), "precious");
});

t.test("a folder is made, or becomes, its owner's alone", async (t) => {
  const folder = t.testdir();
  const made = join(folder, "deep", "data");
  makePrivateFolder(made);
  for (const path of [made, join(folder, "deep")]) t.equal(modeOf(path), 0o700, path);
  const open = join(folder, "open");
  mkdirSync(open, { mode: 0o755 });
  makePrivateFolder(open);
  t.equal(modeOf(open), 0o700);
  const link = join(folder, "link");
  symlinkSync(open, link);
  t.throws(() => makePrivateFolder(link), rejection);
});

t.test("a file is made empty, or becomes its owner's alone as it stands", async (t) => {
  const folder = t.testdir({ kept: "a" });
  for (const name of ["made", "kept"]) {
    makePrivateFile(join(folder, name));
    t.equal(modeOf(join(folder, name)), 0o600, name);
  }
  t.equal(readFileSync(join(folder, "kept"), "utf8"), "a");
  symlinkSync(join(folder, "kept"), join(folder, "link"));
  t.throws(() => makePrivateFile(join(folder, "link")), rejection);
});

t.test("a lock that this process holds on it is not given up", async (t) => {
  const path = join(t.testdir(), "lock");
  const held = new DatabaseSync(path);
  t.teardown(() => held.close());
  held.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
  makePrivateFile(path);
  const take = `new (require("node:sqlite").DatabaseSync)(process.argv[1]).exec("BEGIN EXCLUSIVE;")`;
  const other = () => spawnSync(process.execPath, ["-e", take, path], { encoding: "utf8" });
  t.match(other(), { status: 1, stderr: /locked/ });
  closeSync(openPrivateFileSync(path, "append"));
  t.equal(other().status, 0, "control: opened and closed, the lock is gone");
});
