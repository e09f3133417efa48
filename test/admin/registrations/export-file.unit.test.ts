import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { openExportFile, type ExportFileOptions } from "../../../admin/registrations/export-file.ts";

const folder = mkdtempSync(join(tmpdir(), "turnout-export-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function open(changes: Partial<ExportFileOptions> = {}) {
  const path = changes.path ?? join(folder, `${(files += 1)}.csv`);
  const options = { path, shape: "csv", head: "head\n", segments: 2, resume: false, overwrite: false, ...changes };
  return { path, opened: openExportFile(options) };
}

const more = { after: { email: "x" }, done: false };
const done = { done: true };

t.test("a finished file is in its place, readable by its owner alone, and nothing else is left", async (t) => {
  const { path, opened } = open();
  const file = await opened;
  await Promise.all([file.append("a\n", 1, 0, done), file.append("b\n", 1, 1, done)]);
  t.notOk(existsSync(path), "control: not before it is finished");
  await file.finish();
  await file.suspend();
  t.equal(readFileSync(path, "utf8"), "head\na\nb\n");
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.notOk(existsSync(`${path}.part`) || existsSync(`${path}.checkpoint`));
});

t.test("one that was suspended goes on where it was", async (t) => {
  const { path, opened } = open();
  const file = await opened;
  await file.append("a\n", 1, 0, more);
  await file.append("b\n", 1, 1, done);
  await file.suspend();
  // What a kill leaves: lines after the last checkpoint.
  appendFileSync(`${path}.part`, "half a li");
  const resumed = await open({ path, resume: true }).opened;
  t.same(resumed.segments, [more, done]);
  t.equal(resumed.rows, 2);
  await resumed.append("c\n", 1, 0, done);
  await resumed.finish();
  t.equal(readFileSync(path, "utf8"), "head\na\nb\nc\n");
});

t.test("a file in the way, or a stopped export, is not overwritten unasked", async (t) => {
  const { path, opened } = open();
  await (await opened).suspend();
  await t.rejects(open({ path }).opened, { code: "TURNOUT_USAGE_INVALID", message: /--resume/ });
  writeFileSync(path, "precious");
  await t.rejects(open({ path, resume: true }).opened, { code: "TURNOUT_USAGE_INVALID", message: /--overwrite/ });
  const anew = await open({ path, overwrite: true }).opened;
  await anew.finish();
  t.equal(readFileSync(path, "utf8"), "head\n");
});

t.test("there is nothing to resume, or something else", async (t) => {
  await t.rejects(open({ resume: true }).opened, { code: "TURNOUT_USAGE_INVALID", message: /nothing to resume/ });
  const { path, opened } = open();
  await (await opened).suspend();
  await t.rejects(open({ path, resume: true, shape: "jsonl" }).opened, { code: "TURNOUT_USAGE_INVALID" });
  writeFileSync(`${path}.checkpoint`, "{}");
  await t.rejects(open({ path, resume: true }).opened, { code: "TURNOUT_USAGE_INVALID" });
});

/** Files that were made before, or put there by another account, under each of the names that an export uses. */
const names = [".part", ".checkpoint.new", ".checkpoint"];

t.test("a symbolic link under any of its names is not followed", async (t) => {
  const victim = join(folder, "victim");
  writeFileSync(victim, "precious");
  for (const name of names) {
    const path = join(folder, `linked${name}.csv`);
    symlinkSync(victim, `${path}${name}`);
    const file = await open({ path, overwrite: true }).opened;
    await file.append("people\n", 1, 0, done);
    await file.finish();
    t.equal(readFileSync(victim, "utf8"), "precious", name);
    t.equal(readFileSync(path, "utf8"), "head\npeople\n");
  }
  const path = join(folder, "resumed-link.csv");
  await (await open({ path }).opened).suspend();
  rmSync(`${path}.part`);
  symlinkSync(victim, `${path}.part`);
  await t.rejects(open({ path, resume: true }).opened, { code: "TURNOUT_USAGE_INVALID", message: /symbolic link/ });
  t.equal(readFileSync(victim, "utf8"), "precious");
});

t.test("a file that others can read does not stay so", async (t) => {
  for (const name of ["", ".part", ".checkpoint.new"]) {
    const path = join(folder, `open${name}.csv`);
    writeFileSync(`${path}${name}`, "", { mode: 0o644 });
    const file = await open({ path, overwrite: true }).opened;
    t.equal(statSync(`${path}.part`).mode & 0o777, 0o600, `${name} while it is written`);
    t.equal(statSync(`${path}.checkpoint`).mode & 0o777, 0o600);
    await file.finish();
    t.equal(statSync(path).mode & 0o777, 0o600, name);
  }
  const { path, opened } = open();
  await (await opened).suspend();
  chmodSync(`${path}.part`, 0o644);
  const resumed = await open({ path, resume: true }).opened;
  t.equal(statSync(`${path}.part`).mode & 0o777, 0o600, "resumed");
  await resumed.finish();
});

t.test("a file that somebody made meanwhile is not replaced, and the export is not lost", async (t) => {
  const { path, opened } = open();
  const file = await opened;
  writeFileSync(path, "somebody's");
  await t.rejects(file.finish(), { code: "TURNOUT_USAGE_INVALID", message: /meanwhile/ });
  t.equal(readFileSync(path, "utf8"), "somebody's");
  t.equal(readFileSync(`${path}.part`, "utf8"), "head\n");
  const linked = open();
  const other = await linked.opened;
  symlinkSync(join(folder, "nowhere"), linked.path);
  await t.rejects(other.finish(), { code: "TURNOUT_USAGE_INVALID" }, "nor a link to nothing");
  t.ok(lstatSync(linked.path).isSymbolicLink());
  t.notOk(existsSync(join(folder, "nowhere")));
});
