/**
 * `npm run faults`: a long round of crowd and chaos, or a drain of a long queue, as a process. It prints what it finds,
 * keeps it, and ends with 0 only when every promise was kept.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drainBacklog } from "./backlog.ts";
import { startEngines } from "./cell.ts";
import { describeResult, saveResult, showResult } from "./results.ts";
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
  --variant <name>  run a broken worker in the place of the real one: deletes-first or overwrites. It must not pass.
  --backlog <n>     something else: put n registrations on the queue and watch the worker drain them (such as 1000000)
  -h, --help        print this

Exit: 0 clean, 1 not clean, 2 wrong usage.`;

const variants = ["deletes-first", "overwrites"];

function readArguments() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
      rate: { type: "string", default: "400" },
      json: { type: "boolean", default: false },
      "no-save": { type: "boolean", default: false },
      variant: { type: "string" },
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
    throw new Error(`--variant was ${values.variant}; allowed is ${variants.join(" or ")}.`);
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

const clean = await (given.backlog === undefined ? round() : backlog(given.backlog));
process.exit(clean ? 0 : 1);
