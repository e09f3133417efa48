import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { t } from "../equipment/file-test.ts";
import { openDataFolder } from "../../local/data-folder.ts";

t.test("a temporary folder is readable by nobody else, and gone after the close", async (t) => {
  const folder = openDataFolder(undefined);
  t.ok(folder.temporary);
  t.equal(statSync(folder.path).mode & 0o077, 0);
  folder.close();
  folder.close();
  t.notOk(existsSync(folder.path));
});

t.test("a given folder is made, kept, and hands out the same receipt key again", async (t) => {
  const path = join(t.testdir(), "deep", "data");
  const first = openDataFolder(path);
  t.notOk(first.temporary);
  t.equal(statSync(path).mode & 0o077, 0);
  const keys = first.receiptKeys();
  const [kid, key] = keys.split(":");
  t.ok(kid);
  t.equal(Buffer.from(key!, "base64").length, 32);
  t.equal(statSync(join(path, "receipt-keys")).mode & 0o777, 0o600);
  first.close();
  t.ok(existsSync(path));
  const again = openDataFolder(path);
  t.equal(again.receiptKeys(), keys);
  again.close();
  t.notMatch(readFileSync(join(path, "receipt-keys"), "utf8"), "undefined");
  const other = openDataFolder(undefined);
  t.not(other.receiptKeys(), keys, "every folder has a key of its own");
  other.close();
});

t.test("a folder serves one stack at a time, and the next one after the close", async (t) => {
  const path = t.testdir();
  const first = openDataFolder(path);
  t.throws(() => openDataFolder(path), { message: /in use by another local stack/ });
  first.close();
  openDataFolder(path).close();
});

const modeOf = (path: string) => statSync(path).mode & 0o777;

/** Everything below a folder that somebody else can read. */
function readableByOthers(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.map((entry) => join(entry.parentPath, entry.name)).filter((path) => (modeOf(path) & 0o077) !== 0);
}

t.test("an empty folder that others can read, or one of an earlier run, becomes its owner's alone", async (t) => {
  const path = join(t.testdir(), "data");
  mkdirSync(path, { mode: 0o755 });
  chmodSync(path, 0o755);
  const first = openDataFolder(path);
  first.receiptKeys();
  closeSync(first.openLog("web"));
  writeFileSync(join(first.sqsFolder, "queue.db"), "");
  t.equal(modeOf(path), 0o700);
  first.close();
  for (const name of ["", "sqs", "logs"]) chmodSync(join(path, name), 0o755);
  for (const name of ["dynamodb.db", "receipt-keys", "lock", "sqs/queue.db", "logs/web.log"])
    chmodSync(join(path, name), 0o644);
  writeFileSync(join(path, "dynamodb.db-wal"), "");
  t.ok(readableByOthers(path).length >= 7, "control");
  const again = openDataFolder(path);
  again.receiptKeys();
  t.equal(modeOf(path), 0o700);
  t.same(readableByOthers(path), []);
  again.close();
});

t.test("a folder that holds other things keeps its mode, and its files are nobody else's all the same", async (t) => {
  const path = t.testdir({ "notes.txt": "mine" });
  chmodSync(path, 0o755);
  const before = modeOf(join(path, "notes.txt"));
  const folder = openDataFolder(path);
  folder.receiptKeys();
  t.equal(modeOf(path), 0o755);
  t.equal(modeOf(join(path, "notes.txt")), before);
  t.same(readableByOthers(path), before & 0o077 ? [join(path, "notes.txt")] : []);
  folder.close();
});

t.test("a folder may be given by a link to it", async (t) => {
  const path = t.testdir({ real: {} });
  symlinkSync(join(path, "real"), join(path, "link"));
  const folder = openDataFolder(join(path, "link"));
  t.equal(folder.path, join(path, "real"));
  t.equal(modeOf(join(path, "real")), 0o700);
  folder.close();
});

t.test("no symbolic link in it is followed", async (t) => {
  for (const name of ["lock", "dynamodb.db", "sqs", "logs"]) {
    const path = t.testdir({ data: { kept: "" }, victim: { file: "precious" } });
    const target = name === "sqs" || name === "logs" ? "victim" : "victim/file";
    symlinkSync(join(path, target), join(path, "data", name));
    const before = modeOf(join(path, target));
    t.throws(() => openDataFolder(join(path, "data")), { message: /symbolic link/ }, name);
    t.equal(modeOf(join(path, target)), before);
    t.equal(readFileSync(join(path, "victim/file"), "utf8"), "precious");
  }
  const path = t.testdir({ data: {}, victim: "precious" });
  const folder = openDataFolder(join(path, "data"));
  symlinkSync(join(path, "victim"), join(path, "data", "receipt-keys"));
  t.throws(() => folder.receiptKeys(), { message: /symbolic link/ });
  symlinkSync(join(path, "victim"), join(path, "data", "logs", "web.log"));
  t.throws(() => folder.openLog("web"), { message: /symbolic link/ });
  folder.close();
});
