import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { eventually } from "../../equipment/eventually.ts";
import { recordLog } from "../../equipment/recorded-log.ts";
import { buildTestApp } from "../../equipment/web-app.ts";
import { createHealthLog, type HealthLog } from "../../../web/http/health-log.ts";

const start = Date.parse("2026-03-01T10:59:58.250Z");
const file = "application.log.2026-03-01-10";

interface Stage {
  readonly healthLog: HealthLog;
  readonly folder: string;
  readonly warnings: () => unknown[];
  /** Time of both clocks, milliseconds since the start. */
  at: number;
  /** An answer that took so long. */
  answer(status: number, tookMs: number): void;
  read(name?: string): string;
}

/** @param everyMs between two writes; far beyond the test, if not given, so that only a stop writes */
function stage(t: Test, folder = t.testdir(), everyMs = 1_000_000): Stage {
  const log = recordLog();
  const healthLog = createHealthLog({
    folder,
    logger: log.logger,
    wallClock: () => start + made.at,
    now: () => made.at,
    everyMs,
  });
  const made: Stage = {
    healthLog,
    folder,
    warnings: () => log.records.map(({ msg }) => msg),
    at: 0,
    answer(status, tookMs) {
      const response = new healthLog.Response({ method: "GET" } as IncomingMessage);
      response.statusCode = status;
      made.at += tookMs;
      response.end();
    },
    read: (name = file) => readFileSync(join(folder, name), "utf8"),
  };
  healthLog.start();
  t.teardown(() => healthLog.stop());
  return made;
}

t.test("a stop writes what was answered: a line for each request in the agent's format", async (t) => {
  const { healthLog, answer, read } = stage(t);
  answer(202, 3.4);
  answer(202, 3.2);
  answer(503, 1_250);
  await healthLog.stop();
  t.equal(
    read(),
    '1772362799.507"/"202"0.003"0.003"-\n1772362799.507"/"202"0.003"0.003"-\n1772362799.507"/"503"1.250"1.250"-\n',
  );
  await healthLog.stop();
  t.equal(read().split("\n").length, 4, "control: a second stop writes nothing twice");
});

t.test("an answer counts once, however often it is ended; one that is never ended does not", async (t) => {
  const { healthLog, read } = stage(t);
  const request = { method: "GET" } as IncomingMessage;
  const response = new healthLog.Response(request);
  response.end();
  response.end();
  new healthLog.Response(request).destroy();
  await healthLog.stop();
  t.equal(read().split("\n").length, 2);
});

t.test("what is written while it runs is appended, and the next hour has a file of its own", async (t) => {
  const made = stage(t, t.testdir({ [file]: "before\n" }), 5);
  made.answer(200, 1);
  await eventually(() => made.read().endsWith("-\n"), "it was written");
  made.at += 2_000;
  made.answer(404, 1);
  const next = "application.log.2026-03-01-11";
  await eventually(() => readdirSync(made.folder).includes(next) && made.read(next).endsWith("\n"), "the next hour's");
  t.equal(made.read(), 'before\n1772362798.251"/"200"0.001"0.001"-\n', "never truncated");
  t.equal(made.read(next), '1772362800.252"/"404"0.001"0.001"-\n');
  t.equal(statSync(join(made.folder, next)).mode & 0o444, 0o444, "the agent is another user");
});

t.test("hours that ended more than two hours before are removed, and nothing else", async (t) => {
  const old = ["application.log.2026-03-01-07", "application.log.2026-02-28-10", "application.log.2024-12-31-23"];
  const kept = ["application.log.2026-03-01-09", "application.log.2026-03-01-08", "application.log.2026-03-01-12"];
  const others = ["access.log", "application.log", "application.log.2026-03-01-07.gz", "application.log.2026-13-01-07"];
  const names = [...old, ...kept, ...others];
  const { healthLog, folder, answer } = stage(t, t.testdir(Object.fromEntries(names.map((name) => [name, "x"]))));
  answer(200, 1);
  await healthLog.stop();
  t.same(readdirSync(folder), [...kept, ...others, file].toSorted());
});

t.test("no path and no address is in it, whatever was asked for", async (t) => {
  const { healthLog, folder, read } = stage(t);
  const { app } = await buildTestApp({ parts: { healthLog } });
  t.teardown(() => app.close());
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const ask = (path: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = { "x-forwarded-for": "203.0.113.99" };
      get({ port, path, headers }, (reply) => resolve(reply.resume().statusCode ?? 0)).on("error", reject);
    });
  t.equal(await ask("/health"), 200);
  t.equal(await ask("/registrations/aSecretReceiptThatNobodyMayRead"), 404);
  await healthLog.stop();
  const [name = "", ...more] = readdirSync(folder);
  t.same(more, []);
  t.match(read(name), /^\d+\.\d{3}"\/"200"0\.000"0\.000"-\n\d+\.\d{3}"\/"404"0\.000"0\.000"-\n$/);
  t.notMatch(read(name), /Secret|registrations|health|203/);
});

t.test("a missing folder is told once and tried again; what comes after it is there is written", async (t) => {
  const root = t.testdir({ real: {} });
  const made = stage(t, join(root, "link"), 5);
  made.answer(200, 1);
  await eventually(() => made.warnings().length > 0, "it was told");
  for (let n = 0; n < 3; n += 1) {
    made.answer(201, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  symlinkSync(join(root, "real"), join(root, "link"));
  made.answer(202, 1);
  await eventually(() => readdirSync(join(root, "real")).length > 0, "it is written");
  await made.healthLog.stop();
  t.match(made.read(), /^\n\d/, "the line that may have been cut off is ended first");
  t.match(made.read(), /"202"/);
  t.equal(made.warnings().length, 1);
});

const isRoot = process.getuid?.() === 0;

t.test("a folder that must not be written, or a full disk, harms nothing", async (t) => {
  const readOnly = t.testdir({ folder: {} });
  chmodSync(join(readOnly, "folder"), 0o500);
  const full = t.testdir({ folder: {} });
  symlinkSync("/dev/full", join(full, "folder", file));
  const folders = [...(isRoot ? [] : [readOnly]), ...(process.platform === "linux" ? [full] : [])];
  for (const folder of folders) {
    const { healthLog, answer, warnings } = stage(t, join(folder, "folder"));
    answer(200, 1);
    await t.resolves(healthLog.stop());
    t.same(warnings(), ["the health agent's log cannot be written; requests are served as before"]);
  }
});

/** Something at the file's place of which the opening does not return, until it is read. */
async function hang(t: Test, made: Stage) {
  const pipe = join(made.folder, file);
  t.equal(spawnSync("mkfifo", [pipe]).status, 0);
  made.answer(200, 1);
  return async () => {
    const reader = await open(pipe, "r+");
    t.teardown(() => reader.close());
    return async () => {
      const { buffer, bytesRead } = await reader.read(Buffer.alloc(4_096));
      return buffer.toString("utf8", 0, bytesRead);
    };
  };
}

t.test("a disk that does not answer holds up no stop", async (t) => {
  const made = stage(t);
  const openReader = await hang(t, made);
  await made.healthLog.stop();
  const read = await openReader();
  t.match(await read(), /^\S+"200"\S+\n$/, "control: it was under way all the time");
});

t.test("a disk that does not answer for long piles nothing up, and it goes on afterwards", async (t) => {
  const everyMs = 5;
  const made = stage(t, t.testdir(), everyMs);
  const openReader = await hang(t, made);
  // Its write is under way before anything else is counted.
  await new Promise((resolve) => setTimeout(resolve, 50 * everyMs));
  made.answer(201, 1);
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), everyMs);
  await eventually(() => ticks > 30, "it was held up often enough");
  clearInterval(timer);
  const read = await openReader();
  t.match(await read(), /^\S+"200"\S+\n$/);
  // The first may still come too early.
  const answering = setInterval(() => made.answer(202, 1), everyMs);
  const after = await read();
  clearInterval(answering);
  t.match(after, /"202"/);
  t.notMatch(after, /"201"/, "what was counted meanwhile is lost");
});
