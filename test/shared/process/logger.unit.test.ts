import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { withoutAddresses } from "../../../shared/process/logger.ts";
import { cpuMilliseconds } from "../cpu-time.ts";

const module = JSON.stringify(join(import.meta.dirname, "../../../shared/process/logger.ts"));

/** The log goes to a process's standard output, so it is read from outside. */
function start(script: string): ChildProcess {
  const code = `import { openLog } from ${module};\nconst log = openLog("web", "info");\nconst { logger } = log;\n${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], { stdio: ["pipe", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  return child;
}

async function linesOf(script: string): Promise<Record<string, unknown>[]> {
  const child = start(`${script}\nawait log.close();`);
  const [output, errors] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  if (errors) throw new Error(errors);
  return output
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

t.test("a line is JSON with its level by name, its time, its tier and what happened", async (t) => {
  const lines = await linesOf(`logger.warn({ depth: 3 }, "filling up"); logger.debug("not at this level");`);
  t.equal(lines.length, 1);
  t.match(lines, [{ level: "warn", tier: "web", depth: 3, msg: "filling up", time: /^\d{4}-.*Z$/ }]);
});

t.test("a seeded address is in no line, wherever it was put", async (t) => {
  const lines = await linesOf(`
    const seeded = "seeded.person+1@example.org";
    class Quoting extends Error { constructor(m, o) { super(m, o); this.input = m; this.$metadata = { httpStatusCode: 400, attempts: 2, requestId: "r1" }; } }
    const cause = new Error("inner " + seeded, { cause: new Quoting("innermost <" + seeded + ">") });
    logger.error({ err: new Quoting("outer " + seeded, { cause }) }, "failed for " + seeded);
    logger.error(new Error(seeded));
    logger.error({ err: seeded }, "a rejection with a text");
    logger.error({ error: new Error("Item {\\"email\\":{\\"S\\":\\"" + seeded + "\\"}}") }, "quoted by a library");
    logger.info({ email: seeded, name: "Seeded", answers: { a: "Seeded" }, receipt: "k1.Seeded", body: "Seeded" }, "top");
    logger.info({ registration: { id: 1, email: seeded, name: "Seeded", answers: { a: "Seeded" } } }, "nested");
    logger.info({ deep: [{ deeper: { to: [seeded, encodeURIComponent(seeded)] } }] }, "deep");
  `);
  t.equal(lines.length, 7);
  t.notMatch(JSON.stringify(lines), /seeded/i);
  t.match(lines[0], { err: { type: "Quoting", aws: { status: 400, attempts: 2, requestId: "r1" } } });
  t.match(lines[0], { err: { message: /outer \[address\].*innermost <\[address\]>/s, stack: /caused by/ } });
  t.match(lines[5], { registration: { id: 1 } }, "what is not about a person stays");
});

t.test("a rejection with something that is no error is logged like any other", async (t) => {
  const lines = await linesOf(`
    for (const thrown of ["text", 5, null, undefined, { email: "Seeded" }, Symbol("s"), Object.create(null)]) {
      logger.fatal({ err: thrown }, "unhandled");
    }
  `);
  t.equal(lines.length, 7);
  t.notMatch(JSON.stringify(lines), /seeded/i);
});

t.test("lines are gathered, and written out when the log is closed, all and in order", async (t) => {
  const lines = await linesOf(`for (let n = 0; n < 20_000; n += 1) logger.info({ n });`);
  t.same(
    lines.map((line) => line.n),
    Array.from({ length: 20_000 }, (_, n) => n),
  );
});

t.test("a line does not wait for others: it is out after a second at the latest", async (t) => {
  const child = start(`logger.info("alone"); setInterval(() => {}, 1_000);`);
  const [first] = (await Promise.race([once(child.stdout!, "data"), delay(10_000, ["nothing came"])])) as [Buffer];
  t.match(String(first), /"msg":"alone"/);
  child.kill("SIGKILL");
});

t.test("closing twice is closing once, and what is logged afterwards does no harm", async (t) => {
  const lines = await linesOf(`
    logger.info("before");
    await Promise.all([log.close(), log.close()]);
    logger.info("after");
  `);
  t.same(
    lines.map((line) => line.msg),
    ["before"],
  );
});

t.test("closing ends although the reader of standard output is gone", async (t) => {
  const child = start(`
    process.stdin.once("data", async () => {
      for (let n = 0; n < 2_000; n += 1) logger.info({ n });
      await log.close();
      process.stderr.write("closed");
      process.exit(0);
    });
  `);
  child.stdout!.destroy();
  child.stdin!.write("go");
  const said = text(child.stderr!);
  const ended = once(child, "exit");
  const outcome = await Promise.race([ended, delay(10_000, "it still runs")]);
  t.same(outcome, [0, null]);
  t.equal(await said, "closed");
});

t.test("an address is recognised in prose, in URLs, in JSON and in other scripts", async (t) => {
  const known: [given: string, expected: string][] = [
    ["mail ada@example.org, now", "mail [address], now"],
    ["'ada@example.org' o'brien@example.org", "[address]' [address]"],
    ["<ada.b+c@mail.example.org>", "<[address]>"],
    ["to=ada%40example.org", "[address]"],
    ["a@例え。jp or ü@bücher.example", "[address] or [address]"],
    ['{"email":"ada@example.org"}', '{"email":"[address]"}'],
    [
      String.raw`{"m":"said \"ada@example.org\" \n bob@example.org"}`,
      String.raw`{"m":"said \"[address]\" \n[address]"}`,
    ],
  ];
  for (const [given, expected] of known.slice(0, -1)) t.equal(withoutAddresses(given), expected);
  t.notMatch(withoutAddresses(known.at(-1)![0]), /ada|bob|example/);
});

t.test("what is no address stays readable: a scoped package in a stack", async (t) => {
  const frame = "at send (file:///app/node_modules/@aws-sdk/client-sqs/dist/index.js:12:3)";
  t.equal(withoutAddresses(frame), frame);
  t.equal(withoutAddresses("user@host"), "user@host");
});

t.test("JSON stays JSON, and holds no address any more", async () => {
  const address = fc.emailAddress();
  const anyText = fc.oneof(fc.string({ unit: "binary", maxLength: 20 }), address);
  fc.assert(
    fc.property(fc.array(fc.tuple(anyText, address, anyText), { maxLength: 5 }), (parts) => {
      const line = withoutAddresses(JSON.stringify(parts.map((part) => part.join(" "))));
      const read = JSON.parse(line) as string[];
      return read.length === parts.length && parts.every(([, seeded]) => !line.includes(seeded));
    }),
    { numRuns: 500 },
  );
});

t.test("taking addresses out takes linear time", async (t) => {
  const n = 100_000;
  for (const given of [
    "a".repeat(n),
    "a@".repeat(n),
    "%40".repeat(n),
    `a@${"a.".repeat(n)}`,
    "a@a.".repeat(n),
    "a%40a".repeat(n),
  ]) {
    const took = cpuMilliseconds(() => withoutAddresses(given));
    t.ok(took < 1_000, `${given.slice(0, 8)}… took ${took.toFixed(0)} ms`);
  }
});
