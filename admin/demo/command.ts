/** `npm run demo`: registers many people through the front door and proves that each of them is stored once. */
import { mkdtempSync, rmSync } from "node:fs";
import { randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { TurnoutError } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/event-definition.ts";
import { addConnectionOptions, type ConnectionFlags } from "../connection.ts";
import { formatSeconds } from "../duration.ts";
import { addEventOption, readEvent, type EventFlag } from "../event-option.ts";
import { exitCodes } from "../exit.ts";
import { openLedger } from "../ledger.ts";
import { createCrowd, crowdShares } from "../load/crowd.ts";
import { countSubmissions, readSubmissions } from "../load/submission-file.ts";
import { wholeNumber } from "../option-values.ts";
import type { CommandHost } from "../command-line.ts";
import { plain, type Progress, type Terminal } from "../terminal.ts";
import type { DemoReport } from "./demo-report.ts";
import { runDemo, type DemoStep } from "./demo.ts";
import { findDeployment, type Deployment } from "./deployment.ts";
import { createRefusedRows, type RefusedRows } from "./refused-rows.ts";

interface DemoFlags extends ConnectionFlags, EventFlag {
  readonly count: number;
  readonly file?: string;
  readonly url?: string;
  readonly seed?: number;
  readonly concurrency: number;
  readonly ledger?: string;
  readonly stallTimeout: number;
  readonly json?: boolean;
}

const defaultCount = 10_000;
const defaultConcurrency = 64;
const defaultStallSeconds = 60;
const seeds = 1_000_000;

const help = `
Without --url it goes to the stack that npm start runs on this machine; where none runs, it starts one for itself and
ends it again. It counts a registration as lost when it was accepted and is nowhere to be found.

The people are made up, of many languages, with addresses under domains that are reserved for examples. Of a hundred
requests ${crowdShares.secondRegistrations} register an address again, ${crowdShares.secondClicks} are the second click of a double click, ${crowdShares.oddSpellings} spell the address oddly.

A file is CSV (UTF-8; its first line names the columns email, name and those fields of the event that it answers) or JSON
Lines ({"email":…,"name":…,"answers":{…}}). Rows that cannot be registered are listed with their line and reason, and all
of them are written to FILE.refused.jsonl; the others are registered.

Examples:
  npm run demo
  npm run demo -- --count 100000 --seed 7
  npm run demo -- --file people.csv --url https://register.example.org --stack summit

Exit codes: 0 all accepted and all found, 1 a row was refused, nothing was answered, or something is lost, 2 wrong usage.`;

function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError("Allowed is an http or https URL, such as https://register.example.org");
  }
  return text;
}

function show(terminal: Terminal, report: DemoReport): void {
  const { print, printTable, colors } = terminal;
  const count = (value: number) => value.toLocaleString("en");
  const must = (value: number) => (value === 0 ? colors.green("0") : colors.red(count(value)));
  const ms = ({ p50, p99 }: DemoReport["acceptMs"]) =>
    p50 === null ? "-" : `${readable(p50)} / ${readable(p99 ?? p50)}`;
  const about = (value: number | null) => (value === null ? "unknown" : `${value}`);
  const loss: [string, string, string][] = [
    ["stored", count(report.stored), "people in the table, each once"],
    [
      "duplicates folded",
      count(report.duplicatesFolded),
      `${count(report.secondRegistrations)} of an address registered before, ${count(report.secondClicks)} second clicks`,
    ],
    ...(report.deadLettered > 0
      ? [["dead-lettered", count(report.deadLettered), "kept as dead letters"] as [string, string, string]]
      : []),
    ...(report.queued > 0
      ? [["still queued", colors.red(count(report.queued)), "accepted, and not stored yet"] as [string, string, string]]
      : []),
    ["lost", must(report.lost), "accepted, and nowhere to be found"],
    [
      "corrupt, doubled, unexpected",
      must(report.audit.corrupt + report.audit.duplicated + report.audit.unexpected),
      "",
    ],
    ...(report.refused > 0
      ? [["refused", colors.red(count(report.refused)), "see below"] as [string, string, string]]
      : []),
    ...(report.givenUp > 0
      ? [
          ["given up", colors.red(count(report.givenUp)), "not accepted in spite of all retries"] as [
            string,
            string,
            string,
          ],
        ]
      : []),
    ["", "", ""],
    [
      "accept, p50 / p99",
      ms(report.acceptMs),
      `${count(report.acceptedPerSecond)} a second, ${count(report.retries)} retries`,
    ],
    ["accepted → stored, p50 / p99", ms(report.storedAfterMs), `all drained ${report.drainSeconds} s after the last`],
    ["registrations per pack", about(report.registrationsPerPack), "one SQS message"],
    ["registrations per write call", about(report.registrationsPerWriteCall), "at most 25"],
  ];
  printTable(["accepted", count(report.accepted), `of ${count(report.requests)} requests`], loss);
  if (report.figuresIncomplete)
    print("A tier was started again meanwhile: the last two figures lack what it had counted.");
  for (const [reason, times] of Object.entries(report.givenUpBecause))
    print(plain(`  given up: ${count(times)} × ${reason}`));
  for (const { line, reasons } of report.refusedRows) print(plain(`  line ${line}: ${reasons.join("; ")}`));
  if (report.refusedFile !== null) print(`All ${count(report.refused)} refused rows: ${report.refusedFile}`);
  if (report.seed !== null) print(colors.dim(`The same people again: --seed ${report.seed}`));
  if (report.ledger !== null) print(colors.dim(`Ledger: ${report.ledger}`));
  print(report.passed ? colors.green("Passed: nothing is lost.") : colors.red(verdict(report)));
}

function readable(milliseconds: number): string {
  return milliseconds < 1_000 ? `${milliseconds} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}

function verdict({ lost, queued, audit, refused }: DemoReport): string {
  if (lost > 0) return "FAILED: registrations are lost.";
  if (audit.corrupt + audit.duplicated + audit.unexpected > 0) return "FAILED: the table is not what was sent.";
  if (queued > 0) return "FAILED: the queue is not drained. Does the worker run? Nothing is lost so far.";
  return refused > 0 ? "Nothing is lost, but rows were refused." : "Nothing is lost, but not all was accepted.";
}

/** Shows the steps one after the other, each as a bar of its own. */
function createSteps(terminal: Terminal, total: number) {
  const labels: Readonly<Record<DemoStep, string>> = {
    sending: "registering",
    draining: "draining, in messages",
    auditing: "auditing",
  };
  let step: DemoStep | undefined;
  let bar: Progress | undefined;
  let most = 0;
  return {
    update(current: DemoStep, done: number) {
      if (current !== step) {
        bar?.stop();
        bar = terminal.progress(labels[current]);
        step = current;
      }
      if (current === "sending") bar?.update(done, total);
      else if (current === "draining") {
        most = Math.max(most, done);
        bar?.update(most - done, most);
      } else bar?.update(done);
    },
    stop: () => bar?.stop(),
  };
}

interface Load {
  readonly items: Parameters<typeof runDemo>[0]["items"];
  readonly total: number;
  readonly seed: number | null;
}

async function readLoad(flags: DemoFlags, event: EventDefinition, refused: RefusedRows): Promise<Load> {
  if (flags.file === undefined) {
    const seed = flags.seed ?? randomInt(seeds);
    return { items: createCrowd({ count: flags.count, seed, event }), total: flags.count, seed };
  }
  const file = { path: flags.file, event };
  const total = await countSubmissions(file);
  return { items: readSubmissions({ ...file, onRefused: (row) => refused.add(row) }), total, seed: null };
}

export function buildDemoCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const command = new Command("demo")
    .description("Register many people through the front door, and prove that each of them is stored once.")
    .addOption(
      new Option("--count <n>", "how many requests to send")
        .argParser(wholeNumber(1, 10_000_000))
        .default(defaultCount)
        .conflicts("file"),
    )
    .option("--file <file>", "register the people of this file instead: .csv, .jsonl or .ndjson")
    .addOption(
      new Option("--seed <n>", "make the people of this seed (default: another one each time)")
        .argParser(wholeNumber(0, Number.MAX_SAFE_INTEGER))
        .conflicts("file"),
    )
    .option("--url <url>", "where the web tier answers (default: the local stack)", readUrl)
    .option("--concurrency <n>", "requests on their way at once", wholeNumber(1, 1_000), defaultConcurrency)
    .option("--ledger <file>", "keep the ledger of what was sent, for: turnout audit --ledger FILE")
    .option(
      "--stall-timeout <seconds>",
      "give up when the drain stands still for so long",
      wholeNumber(5, 86_400),
      defaultStallSeconds,
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", help);

  return addConnectionOptions(addEventOption(command)).action(async (flags: DemoFlags) => {
    const event = readEvent(flags, env);
    if (event === undefined)
      throw new TurnoutError(
        "TURNOUT_USAGE_INVALID",
        "The demo needs an event whose fields it answers. Give --event FILE.",
      );
    const refused = createRefusedRows(flags.file === undefined ? undefined : `${flags.file}.refused.jsonl`);
    const scratch = mkdtempSync(join(tmpdir(), "turnout-demo-"));
    const ledgerPath = flags.ledger ?? join(scratch, "ledger.jsonl");
    let steps: ReturnType<typeof createSteps> | undefined;
    let deployment: Deployment | undefined;
    let passed = false;
    try {
      const load = await readLoad(flags, event, refused);
      deployment = await findDeployment({ flags, env, signal, note: terminal.note });
      const { own } = deployment;
      steps = createSteps(terminal, load.total);
      const began = performance.now();
      const report = await runDemo({
        ...flags,
        ...load,
        deployment,
        event,
        ledger: openLedger(ledgerPath),
        ledgerPath,
        refused,
        stallSeconds: flags.stallTimeout,
        signal,
        onProgress: steps.update,
        onCutShort(done) {
          steps?.stop();
          const after = own ? "They go with the stack that was started for this run." : "The worker goes on with them.";
          terminal.note(`${done} ${after} (${formatSeconds((performance.now() - began) / 1_000)})`);
        },
      });
      steps.stop();
      passed = report.passed;
      const kept = flags.ledger !== undefined || !passed;
      const shown: DemoReport = { ...report, ledger: kept ? ledgerPath : null };
      if (flags.json) terminal.printJson(shown);
      else show(terminal, shown);
      finish(passed ? exitCodes.ok : exitCodes.failed);
    } finally {
      steps?.stop();
      refused.close();
      // Of a failed run the ledger stays: it is what one looks into.
      if (passed || flags.ledger !== undefined || signal.aborted) rmSync(scratch, { recursive: true, force: true });
      await deployment?.close();
    }
  });
}
