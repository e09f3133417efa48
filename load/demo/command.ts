/** `npm run demo`: registers many people through the public HTTP API and proves that each of them is stored once. */
import { randomInt } from "node:crypto";
import { Command, Option } from "commander";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import { createCrowd, crowdShares } from "../people/crowd.ts";
import { countSubmissions, readSubmissions } from "../people/submission-file.ts";
import { addLoadOptions, requireEvent, withLoad, type LoadFlags } from "../run/load-command.ts";
import { runDemo, type DemoOptions } from "./demo.ts";
import { createRejectedRows, type RejectedRows } from "./rejected-rows.ts";
import { showSummary } from "./summary.ts";

interface DemoFlags extends LoadFlags {
  readonly count: number;
  readonly file?: string;
  readonly concurrency: number;
}

const defaultCount = 10_000;
const defaultConcurrency = 64;
const seeds = 1_000_000;

const help = `
Without --url it uses the stack that npm start runs on this machine; if none runs, it starts one for itself and ends it
again. A registration that was accepted and is nowhere to be found counts as lost.

The people are made up, with names of many languages and addresses under domains reserved for examples. Of a hundred
requests ${crowdShares.secondRegistrations} register an address again, ${crowdShares.secondClicks} are the second click of a double click, and ${crowdShares.oddSpellings} spell the address oddly.

A file is CSV (UTF-8; its first line names the columns email, name and the fields of the event that it answers) or JSON
Lines ({"email":…,"name":…,"answers":{…}}). Rows that are rejected are listed with their line and the reasons, and all of
them are written to FILE.refused.jsonl; the others are registered.

Examples:
  npm run demo
  npm run demo -- --count 100000 --seed 7
  npm run demo -- --file people.csv --url https://register.example.org --stack summit-test

Exit codes: 0 all accepted and all found, 1 a row was rejected, a request had no answer or something is lost, 2 wrong usage.`;

type Load = Pick<DemoOptions, "items" | "total" | "seed">;

async function readLoad(flags: DemoFlags, event: EventDefinition, rejected: RejectedRows): Promise<Load> {
  if (flags.file === undefined) {
    const seed = flags.seed ?? randomInt(seeds);
    return { items: createCrowd({ count: flags.count, seed, event }), total: flags.count, seed };
  }
  const file = { path: flags.file, event };
  const total = await countSubmissions(file);
  return { items: readSubmissions({ ...file, onRejected: rejected.add }), total, seed: null };
}

export function buildDemoCommand(host: CommandHost): Command {
  const { terminal, finish } = host;
  const command = new Command("npm run demo --")
    .description("Register many people through the public HTTP API, and prove that each of them is stored once.")
    .option("--count <n>", "how many requests to send", wholeNumber(1, 10_000_000), defaultCount)
    .addOption(
      new Option("--file <file>", "register the people of this file instead: .csv, .jsonl or .ndjson").conflicts([
        "count",
        "seed",
      ]),
    )
    .option("--concurrency <n>", "requests under way at once", wholeNumber(1, 1_000), defaultConcurrency)
    .addHelpText("after", help);

  return addLoadOptions(command).action(async (flags: DemoFlags) => {
    const event = requireEvent(flags, host);
    const rejected = createRejectedRows(flags.file === undefined ? undefined : `${flags.file}.refused.jsonl`);
    try {
      const load = await readLoad(flags, event, rejected);
      await withLoad(host, flags, event, async (setup) => {
        const began = performance.now();
        const report = await runDemo({
          ...setup,
          ...load,
          concurrency: flags.concurrency,
          rejected,
          onCutShort(done) {
            setup.bars.stop();
            const { own } = setup.deployment;
            const after = own
              ? "They go with the stack that was started for this run."
              : "The worker goes on with them.";
            terminal.note(`${done} ${after} (${formatSeconds((performance.now() - began) / 1_000)})`);
          },
        });
        setup.bars.stop();
        const shown = { ...report, ledger: setup.ledgerKept(report.audit.passed) };
        if (flags.json) terminal.printJson(shown);
        else showSummary(terminal, shown);
        finish(report.passed ? exitCodes.ok : exitCodes.failed);
      });
    } finally {
      rejected.close();
    }
  });
}
