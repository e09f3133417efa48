import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { createExportFormat } from "../../../admin/registrations/export-format.ts";
import { exportRegistrations, type ExportOptions } from "../../../admin/registrations/export.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { person, putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, registrationsTable: tableName } = connection;
const folder = mkdtempSync(join(tmpdir(), "turnout-export-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** More than a page of each segment holds. */
const count = 800;
await putAll(
  documents,
  tableName,
  Array.from({ length: count }, (_, number) => {
    const { id, ...content } = person(number);
    return { ...content, registrationId: id, name: "x".repeat(8_000), storedAt: "2026-01-01T10:00:00.000Z" };
  }),
);
// What erased and withdrawn people left: nobody.
await putAll(documents, tableName, [
  createTombstone("erased@example.org", "erased", "e", Date.now()),
  createTombstone("withdrawn@example.org", "withdrawn", "w", Date.now()),
]);

function start(path: string, changes: Partial<ExportOptions> = {}) {
  return exportRegistrations({
    documents,
    tableName,
    format: createExportFormat("jsonl", undefined),
    output: path,
    resume: false,
    overwrite: false,
    maxReadUnits: undefined,
    signal: new AbortController().signal,
    onProgress() {},
    ...changes,
  });
}

function emailsIn(path: string): string[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as { email: string }).email);
}

t.test("every registration is in the file, once", async (t) => {
  const path = join(folder, "all.jsonl");
  t.same(await start(path), { rows: count, complete: true });
  const emails = emailsIn(path);
  t.equal(emails.length, count);
  t.equal(new Set(emails).size, count);
});

t.test("stopped and resumed, still every one is in it once", async (t) => {
  const path = join(folder, "resumed.jsonl");
  const stop = new AbortController();
  const stopped = await start(path, { signal: stop.signal, onProgress: () => stop.abort(new Error("stop")) });
  t.equal(stopped.complete, false);
  t.ok(stopped.rows > 0 && stopped.rows < count, `control: stopped after ${stopped.rows}`);
  t.same(await start(path, { resume: true }), { rows: count, complete: true });
  t.equal(new Set(emailsIn(path)).size, count);
  t.equal(emailsIn(path).length, count);
});

t.test("into a stream every registration goes once as well, and none after the reader has left", async (t) => {
  let written = "";
  const whole = await start("", { output: async (text) => void (written += text) });
  t.same(whole, { rows: count, complete: true });
  t.equal(new Set(written.trimEnd().split("\n")).size, count);
  const gone = new AbortController();
  const output = async () => gone.abort(new Error("the reader left"));
  const stopped = await start("", { output, signal: gone.signal });
  t.equal(stopped.complete, false);
  t.ok(stopped.rows < count, `${stopped.rows} rows`);
});

t.test("a table that cannot be read is an error, and the file can go on later", async (t) => {
  const path = join(folder, "broken.jsonl");
  await t.rejects(start(path, { tableName: "none" }), { name: "ResourceNotFoundException" });
  t.match(readFileSync(`${path}.checkpoint`, "utf8"), "none");
});
