/** `turnout dead-letters replay`: sends dead letters again. Without `--execute` it only shows what would happen. */
import { Command, Option } from "commander";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { createDeadLetterStore, type DeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { checkReplays } from "../../../shared/dead-letters/replay-check.ts";
import { selectDeadLetters } from "../../dead-letters/selection.ts";
import { wholeNumber } from "../../../terminal/option-values.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addFilterOptions, toSelector, type FilterFlags } from "./filter-options.ts";
import { performReplay } from "./perform-replay.ts";
import { exitCodeOfReplay, replayFates, showReplay, type ReplayOutput } from "./replay-output.ts";

interface ReplayFlags extends ConnectionFlags, FilterFlags {
  readonly all?: boolean;
  readonly rate: number;
  readonly canary: number;
  readonly wait: number;
  readonly again?: boolean;
  readonly why: string;
  readonly execute?: boolean;
  readonly json?: boolean;
}

const defaults = { rate: 100, canary: 1, waitSeconds: 60 };
const noCounts = Object.fromEntries(replayFates.map((fate) => [fate, 0])) as ReplayOutput["counts"];

const examples = `
Examples:
  turnout dead-letters replay 4f6c1e…                               what would happen
  turnout dead-letters replay 4f6c1e… --execute
  turnout dead-letters replay --reason crash-loop --execute --rate 500
  turnout dead-letters replay --all --since 2h --execute --why "worker bug of 09:30 is mended"

First 1 is replayed (--canary), then 10, then 100, then as many as --rate allows, and each time the outcome is
awaited. When one in ten fails again, the replay stops and the rest stays open. Only one replay runs at a time. Everybody
sees it under "turnout dead-letters runs" and in the console, and can stop it there. Stopped, interrupted with Ctrl-C or
killed, it can be resumed, by anybody: a registration is only ever stored once, and only as its dead letter has it by then.`;

async function dryRun(
  store: DeadLetterStore,
  ids: readonly string[],
  again: boolean,
  signal: AbortSignal,
): Promise<ReplayOutput> {
  const counts = { ...noCounts };
  const outcomes: ReplayOutput["outcomes"] = [];
  await checkReplays(store, ids, { again, now: Date.now(), signal }, (id, check) => {
    counts[check.kind] += 1;
    outcomes.push({ id, fate: check.kind, detail: check.kind === "replayable" ? "would be sent" : check.detail });
  });
  return { executed: false, run: null, selected: ids.length, sent: 0, counts, stopped: null, outcomes };
}

export function buildReplayCommand(host: CommandHost): Command {
  const { env, terminal, signal, finish } = host;

  const command = new Command("replay")
    .description("Send dead letters again: a canary first, then growing steps, stopping when they fail again.")
    .argument("[id...]", "ids of dead letters")
    .option("--all", "all that are open")
    .option("--execute", "do it; without this it is a dry run, which checks every body again")
    .option("--canary <count>", "size of the first step", wholeNumber(1, 1_000), defaults.canary)
    .option("--rate <count>", "registrations a second, at most", wholeNumber(1, 10_000), defaults.rate)
    .option(
      "--wait <seconds>",
      "how long to wait for the next outcome, longer while the workers drain a backlog",
      wholeNumber(1, 3_600),
      defaults.waitSeconds,
    )
    .option("--why <text>", "why, for the history", "replayed with the turnout command")
    .addOption(new Option("--again", "also those that were replayed before without a result"))
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addFilterOptions(command);

  return addConnectionOptions(command).action(async (given: readonly string[], flags: ReplayFlags) => {
    const selector = toSelector(given, flags, flags.again ? undefined : "open");
    await withConnection(flags, env, async (connection) => {
      const store = createDeadLetterStore(connection.documents, connection.deadLettersTable);
      const ids = await selectDeadLetters(store, selector, signal);
      if (flags.execute && ids.length > 0) {
        const { canary, rate, why, again = false, wait: outcomeTimeoutSeconds } = flags;
        const request = { selector, ids, canary, rate, why, again, outcomeTimeoutSeconds };
        return performReplay(host, connection, flags, (runner) => runner.start(request));
      }
      const output = await dryRun(store, ids, flags.again ?? false, signal);
      if (flags.json) terminal.printJson(output);
      else if (ids.length === 0) terminal.print("No dead letter matches: nothing to replay.");
      else showReplay(terminal, output);
      if (!flags.json && output.counts.replayable > 0) {
        terminal.note("This was a dry run. Add --execute to replay them.");
      }
      finish(exitCodeOfReplay(output));
    });
  });
}
