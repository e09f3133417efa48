import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { ExportOutput } from "../../../../admin/commands/registrations/export.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { person, putAll } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const { env, connection } = await startEngines(t);
const folder = mkdtempSync(join(tmpdir(), "turnout-export-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const formula = '=HYPERLINK("http://evil.example","click")';

await putAll(
  connection.documents,
  connection.registrationsTable,
  Array.from({ length: 30 }, (_, number) => {
    const { id, ...content } = person(number);
    const name = number === 7 ? formula : content.name;
    return { ...content, name, registrationId: id, storedAt: "2026-01-01T10:00:00.000Z" };
  }),
);

const exportTo = (file: string, ...line: string[]) =>
  runCommand(["registrations", "export", "--out", join(folder, file), ...line], { env });

t.test("all are written, as a spreadsheet takes them, and a formula arrives inert", async (t) => {
  const run = await exportTo("all.csv", "--format", "csv", "--json");
  t.equal(run.code, 0);
  t.ok(Compile(ExportOutput).Check(run.json()), "what it prints is what its schema says");
  t.match(run.json(), { rows: 30, complete: true, format: "csv" });
  const rows = parse(readFileSync(join(folder, "all.csv")), { columns: true, bom: true }) as Record<string, string>[];
  t.equal(rows.length, 30);
  t.equal(rows.find(({ email }) => email === person(7).email)?.name, `'${formula}`);
  t.equal(rows.find(({ email }) => email === person(8).email)?.guests, "3", "a column for each field of the event");
});

t.test("JSON Lines keep every byte as it is", async (t) => {
  t.equal((await exportTo("all.jsonl", "--format", "jsonl", "--max-read-units", "1000")).code, 0);
  const lines = readFileSync(join(folder, "all.jsonl"), "utf8").trimEnd().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as { email: string; name: string });
  t.equal(rows.find(({ email }) => email === person(7).email)?.name, formula);
});

t.test("CSV has a byte order mark, and with --no-bom none", async (t) => {
  t.equal((await exportTo("plain.csv", "--format", "csv", "--no-bom")).code, 0);
  t.equal(readFileSync(join(folder, "all.csv")).subarray(0, 4).toString("latin1"), '\xef\xbb\xbf"');
  t.equal(readFileSync(join(folder, "plain.csv")).subarray(0, 1).toString("latin1"), '"');
});

t.test("--out - writes the registrations to standard output, and everything else elsewhere", async (t) => {
  const before = readdirSync(folder).length;
  const run = await runCommand(["registrations", "export", "--format", "csv", "--out", "-"], { env });
  t.equal(run.code, 0);
  t.equal(parse(run.stdout, { columns: true, bom: true }).length, 30);
  t.match(run.stderr, /^30 registrations, /);
  t.equal(readdirSync(folder).length, before);
  t.notOk(existsSync("-"));
  for (const option of ["--json", "--resume", "--overwrite"]) {
    const refused = await runCommand(["registrations", "export", "--format", "csv", "--out", "-", option], { env });
    t.match(refused, { code: 2, stdout: "", stderr: new RegExp(option) });
  }
});

t.test("a reader that leaves early ends the export, without a trace of a crash", async (t) => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "../../../../cli/main.ts"), ..."registrations export --format jsonl --out -".split(" ")],
    { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const said = text(child.stderr);
  child.stdout.destroy();
  const [code] = (await once(child, "close")) as [number | null];
  t.equal(code, 1);
  t.match(await said, /^Stopped after|Nobody reads on/m);
  t.notMatch(await said, /EPIPE|at .*\.ts/);
});

t.test("a file in the way is not overwritten unasked", async (t) => {
  const { code, stderr } = await exportTo("all.csv", "--format", "csv");
  t.equal(code, 2);
  t.match(stderr, "--overwrite");
  t.equal((await exportTo("all.csv", "--format", "csv", "--overwrite")).code, 0);
  t.equal((await exportTo("none.csv", "--format", "csv", "--resume")).code, 2);
  t.equal((await exportTo("x.csv", "--format", "csv", "--resume", "--overwrite")).code, 2);
});

t.test("stopped, it says how to go on", async (t) => {
  const signal = AbortSignal.abort(new Error("stop"));
  const line = ["registrations", "export", "--format", "csv", "--out", join(folder, "stopped.csv")];
  const stopped = await runCommand(line, { env, signal });
  t.equal(stopped.code, 1);
  t.match(stopped.stderr, "--resume");
  t.equal((await runCommand([...line, "--resume"], { env })).code, 0);
});

t.test("the audit log knows who exported", async (t) => {
  t.match(
    (await runCommand(["log"], { env })).stdout,
    /exported all 30 registrations as csv[^]+not done: .+is there already/,
  );
});
