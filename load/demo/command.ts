/** `npm run demo`: registers many people through the front door and proves that each of them is stored once. */
import { mkdtempSync, rmSync } from "node:fs";
import { randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { TurnoutError } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { addConnectionOptions, type ConnectionFlags } from "../../terminal/connection.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import { addEventOption, readEvent, type EventFlag } from "../../terminal/event-option.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { openLedger, requireNewLedger } from "../../admin/audit/ledger.ts";
import { createCrowd, crowdShares } from "../people/crowd.ts";
import { countSubmissions, readSubmissions } from "../people/submission-file.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import { httpUrl, wholeNumber } from "../../terminal/option-values.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import type { Progress, Terminal } from "../../terminal/terminal.ts";
import type { DemoReport } from "./demo-report.ts";
import { runDemo, type DemoStep } from "./demo.ts";
import { findDeployment, type Deployment } from "../people/deployment.ts";
import { showSummary } from "./summary.ts";
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
  const command = new Command("npm run demo --")
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
    .option("--url <url>", "where the web tier answers (default: the local stack)", httpUrl)
    .option("--concurrency <n>", "requests on their way at once", wholeNumber(1, 1_000), defaultConcurrency)
    .option("--ledger <file>", "keep the ledger of what was sent, in a new file, for: turnout audit --ledger FILE")
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
    // Before anything is sent, or even started.
    if (flags.ledger !== undefined) requireNewLedger(flags.ledger);
    const refused = createRefusedRows(flags.file === undefined ? undefined : `${flags.file}.refused.jsonl`);
    const scratch = mkdtempSync(join(tmpdir(), "turnout-demo-"));
    const ledgerPath = flags.ledger ?? join(scratch, "ledger.jsonl");
    let steps: ReturnType<typeof createSteps> | undefined;
    let deployment: Deployment | undefined;
    let keepScratch = false;
    try {
      const load = await readLoad(flags, event, refused);
      deployment = await findDeployment({ flags, env, signal, note: terminal.note });
      const { own, connection } = deployment;
      steps = createSteps(terminal, load.total);
      const began = performance.now();
      const report = await runDemo({
        ...flags,
        ...load,
        deployment,
        event,
        ledger: openLedger(ledgerPath, await readStackIdentity(connection.sqs, connection.queueUrl)),
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
      // Of a failed audit the ledger stays: it is what one looks into.
      keepScratch = !report.audit.passed && flags.ledger === undefined;
      const kept = keepScratch || flags.ledger !== undefined;
      const shown: DemoReport = { ...report, ledger: kept ? ledgerPath : null };
      if (flags.json) terminal.printJson(shown);
      else showSummary(terminal, shown);
      finish(report.passed ? exitCodes.ok : exitCodes.failed);
    } finally {
      steps?.stop();
      refused.close();
      if (!keepScratch) rmSync(scratch, { recursive: true, force: true });
      await deployment?.close();
    }
  });
}
