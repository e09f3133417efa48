/**
 * `npm run faults`: a long round of crowd and chaos, or a drain of a long queue, as a process. It prints what it finds,
 * keeps it, and ends with 0 only when every promise was kept.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { drainBacklog } from "./backlog.ts";
import { startEngines } from "./cell.ts";
import { describeResult, saveResult, showResult } from "./results.ts";
import { rollOut, type RollingReport } from "./rolling.ts";
import { runRound, type Progress } from "./round.ts";

const usage = `Usage: npm run faults -- [options]

Runs both tiers as processes on the embedded engines, lets a crowd register, and meanwhile kills and stops the tiers and
spoils their calls to SQS and DynamoDB. Then everything heals, the queue drains, and the audit has the last word.

Options:
  --minutes <n>     how long people come and faults happen (default: 10)
  --seed <text>     what chance follows from; the same seed makes the same plan (default: a random one)
  --rate <n>        people who come each second (default: 400)
  --json            print one JSON document
  --no-save         leave test/faults/results.json and docs/reliability.md as they are
  --variant <name>  run a broken worker in the place of the real one: deletes-first, overwrites, last-arrival-wins or
                    forgets-mails. It must not pass.
  --older <folder>  something else: replace the tiers of an older version, checked out and installed in this folder, one
                    after the other under load, in both orders
  --backlog <n>     something else: put n registrations on the queue and watch the worker drain them (such as 1000000)
  -h, --help        print this

Exit: 0 clean, 1 not clean, 2 wrong usage.`;

const variants = ["deletes-first", "overwrites", "last-arrival-wins", "forgets-mails"];

function readArguments() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
      rate: { type: "string", default: "400" },
      json: { type: "boolean", default: false },
      "no-save": { type: "boolean", default: false },
      variant: { type: "string" },
      older: { type: "string" },
      backlog: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const positive = (name: "minutes" | "rate" | "backlog", text: string) => {
    const value = Number(text);
    if (!(value > 0 && Number.isFinite(value))) throw new Error(`--${name} was ${text}; allowed is a number above 0.`);
    return value;
  };
  if (values.variant !== undefined && !variants.includes(values.variant)) {
    throw new Error(`--variant was ${values.variant}; allowed is one of ${variants.join(", ")}.`);
  }
  return {
    ...values,
    minutes: positive("minutes", values.minutes),
    rate: positive("rate", values.rate),
    backlog: values.backlog === undefined ? undefined : Math.ceil(positive("backlog", values.backlog)),
  };
}

let given: ReturnType<typeof readArguments>;
try {
  given = readArguments();
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exit(2);
}
if (given.help) {
  console.log(usage);
  process.exit(0);
}

function report({ step, seconds, crowd, messages }: Progress): void {
  const [people, accepted] = [crowd.people, crowd.accepted].map((count) => count.toLocaleString("en"));
  console.error(
    `${String(Math.round(seconds)).padStart(5)} s  ${step}: ${people} people, ${accepted} accepted, ${messages} messages`,
  );
}

async function round(): Promise<boolean> {
  const { seed, minutes, rate, variant } = given;
  const folder = mkdtempSync(join(tmpdir(), "turnout-faults-"));
  const ledger = join(folder, "ledger.jsonl");
  const command = `npm run faults -- --minutes ${minutes} --seed ${seed}${rate === 400 ? "" : ` --rate ${rate}`}`;
  const engines = await startEngines();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  try {
    const found = await runRound({
      engines,
      seed,
      seconds: minutes * 60,
      perSecond: rate,
      ledger,
      ...(variant !== undefined && { workerProgram: join("variants", `${variant}.ts`) }),
      onProgress: report,
    });
    const result = describeResult(found, command, new Date());
    if (!given["no-save"] && variant === undefined) saveResult(result);
    console.log(given.json ? JSON.stringify(result, undefined, 2) : showResult(result));
    if (found.clean) rmSync(folder, { recursive: true });
    else console.error(`The ledger is kept: ${ledger}`);
    return found.clean;
  } finally {
    await engines.stop();
  }
}

async function backlog(registrations: number): Promise<boolean> {
  const engines = await startEngines();
  try {
    const drained = await drainBacklog(engines, registrations, (line) => console.error(line));
    console.log(JSON.stringify(drained, undefined, 2));
    return drained.stored === registrations;
  } finally {
    await engines.stop();
  }
}

async function rolling(older: string): Promise<boolean> {
  const { seed, rate } = given;
  const folder = mkdtempSync(join(tmpdir(), "turnout-rolling-"));
  const programs = { web: resolve(older, "web", "main.ts"), worker: resolve(older, "worker", "main.ts") };
  const reports: RollingReport[] = [];
  for (const first of ["worker", "web"] as const) {
    const engines = await startEngines();
    try {
      const ledger = join(folder, `${first}-first.jsonl`);
      console.error(`replacing the ${first} tier first`);
      const eventFile = resolve(older, "event.json");
      const options = { engines, older: programs, eventFile, first, seed, perSecond: rate, secondsPerStep: 10, ledger };
      reports.push(await rollOut(options));
    } finally {
      await engines.stop();
    }
  }
  console.log(JSON.stringify(reports, undefined, 2));
  const allClean = reports.every(({ clean }) => clean);
  if (allClean) rmSync(folder, { recursive: true });
  else console.error(`The ledgers are kept: ${folder}`);
  return allClean;
}

function run(): Promise<boolean> {
  if (given.older !== undefined) return rolling(given.older);
  return given.backlog === undefined ? round() : backlog(given.backlog);
}

const clean = await run();
process.exit(clean ? 0 : 1);
