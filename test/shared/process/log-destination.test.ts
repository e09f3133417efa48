import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import { eventually } from "../../equipment/eventually.ts";
import { createFullPipe } from "../../equipment/full-pipe.ts";

const logger = JSON.stringify(join(import.meta.dirname, "../../../shared/process/logger.ts"));
const ours = `import { openLog } from ${logger}; const log = openLog("web", "info"); const { logger } = log;`;
/** As the log was before: pino's own destination. */
const pinos = `
  import { destination as open, pino } from "pino";
  const destination = open({ dest: 1, sync: false });
  const logger = pino({}, destination);
  const log = { async close() { destination.end(); } };
`;
const hasFullDevice = existsSync("/dev/full");

/** Says "alive" on standard error whenever it is told something, and ends when standard input does. */
const talk = `
  process.stdin.on("data", () => process.stderr.write("alive "));
  process.stdin.on("end", async () => { const written = await log.close(); process.stderr.write("written=" + written); process.exit(0); });
`;

interface Talker {
  readonly child: ChildProcess;
  /** @returns whether it answers within the time; one that is frozen does not */
  answers(withinMs: number): Promise<boolean>;
  readonly ended: Promise<[code: number | null, signal: string | null]>;
  said(): string;
}

function start(test: Test, code: string, stdout: number | "pipe"): Talker {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: join(import.meta.dirname, "../../.."),
    stdio: ["pipe", stdout, "pipe"],
  });
  test.teardown(() => child.kill("SIGKILL"));
  child.stdin!.on("error", () => {});
  let heard = "";
  child.stderr!.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  return {
    child,
    async answers(withinMs) {
      const before = heard.length;
      child.stdin!.write("?");
      return eventually(() => heard.length > before, "it answers", withinMs).catch(() => false);
    },
    ended: once(child, "exit") as Promise<[number | null, string | null]>,
    said: () => heard,
  };
}

const logEverySoOften = `logger.info("a line"); logger.fatal("a fatal line"); setInterval(() => logger.fatal("again"), 20).unref();`;

t.test(
  "a full disk under standard output neither freezes nor ends the process",
  { skip: !hasFullDevice },
  async (t) => {
    const { child, answers, ended, said } = start(t, `${ours} ${logEverySoOften} ${talk}`, openSync("/dev/full", "w"));
    for (let poll = 0; poll < 3; poll += 1) {
      t.ok(await answers(20_000));
      await delay(100);
    }
    child.stdin!.end();
    t.same(await ended, [0, null]);
    t.match(said(), /written=true/);
  },
);

t.test("control: pino's own destination is frozen by it", { skip: !hasFullDevice }, async (t) => {
  const survives = `process.on("uncaughtException", (error) => logger.fatal(error));`;
  const { answers } = start(t, `${pinos} ${survives} ${logEverySoOften} ${talk}`, openSync("/dev/full", "w"));
  await delay(500);
  t.notOk(await answers(2_000));
});

t.test("a pipe that nobody reads holds up neither the process nor its end", async (t) => {
  const { child, answers, ended, said } = start(t, `${ours} ${logEverySoOften} ${talk}`, createFullPipe(t).writer);
  for (let poll = 0; poll < 3; poll += 1) {
    t.ok(await answers(20_000));
    await delay(100);
  }
  child.stdin!.end();
  t.same(await ended, [0, null]);
  t.match(said(), /written=true/, "no thread is left in a write");
});

t.test("control: pino's own destination keeps it from ending", async (t) => {
  const { child, ended } = start(
    t,
    `${pinos} logger.info("a line"); destination.flush(); ${talk}`,
    createFullPipe(t).writer,
  );
  await delay(500);
  child.stdin!.end();
  t.equal(await Promise.race([ended, delay(2_000, "it still runs")]), "it still runs");
});

t.test("what was lost is counted, and told as soon as somebody reads", async (t) => {
  const pipe = createFullPipe(t);
  const lines = 60_000;
  const { child, answers } = start(
    t,
    `${ours} for (let n = 0; n < ${lines}; n += 1) logger.info({ n, padding: "x".repeat(50) }); ${talk}`,
    pipe.writer,
  );
  t.ok(await answers(30_000));
  let output = "";
  await eventually(() => (output += pipe.read()).includes("were lost"), "the loss is told", 30_000);
  child.stdin!.end();
  const parsed = output
    .slice(output.indexOf("{"))
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { level: string; n?: number; lines?: number; msg?: string; tier: string });
  const told = parsed.find((line) => line.lines !== undefined)!;
  t.match(told, { level: "warn", tier: "web", msg: "lines of this log were lost" });
  const kept = parsed.filter(({ n }) => n !== undefined).map(({ n }) => n);
  t.equal(kept.length + told.lines!, lines, "each line is there or counted");
  t.same(
    kept,
    kept.map((_, index) => index),
    "what is kept is whole and in order",
  );
  t.ok(told.lines! > 1_000, `${told.lines} were lost`);
});

t.test("a reader that is gone ends nothing, a fatal line included", async (t) => {
  const { child, answers, ended } = start(t, `${ours} ${logEverySoOften} ${talk}`, "pipe");
  child.stdout!.destroy();
  for (let poll = 0; poll < 3; poll += 1) {
    t.ok(await answers(20_000));
    await delay(50);
  }
  child.stdin!.end();
  t.same(await ended, [0, null]);
});

t.test("a regular file gets every line, in order", async (t) => {
  const file = join(t.testdir(), "log");
  const { child, ended } = start(
    t,
    `${ours} for (let n = 0; n < 20_000; n += 1) logger.info({ n }); ${talk}`,
    openSync(file, "w"),
  );
  child.stdin!.end();
  t.same(await ended, [0, null]);
  const numbers = readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { n: number }).n);
  t.same(
    numbers,
    Array.from({ length: 20_000 }, (_, n) => n),
  );
});

t.test("what stands on standard output when the process ends by itself was written", async (t) => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", `${ours} logger.info("last words");`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.match(await text(child.stdout), /last words/);
});
