import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
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
