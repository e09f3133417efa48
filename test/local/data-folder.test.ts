import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
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
