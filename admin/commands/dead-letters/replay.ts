/** `turnout dead-letters replay`: sends dead letters again. Without `--execute` it only shows what would happen. */
import { Command, Option } from "commander";
import { Type, type Static } from "typebox";
import { TurnoutError } from "../../../shared/errors.ts";
import { createAuditLog } from "../../audit-log.ts";
import {
  addConnectionOptions,
  withConnection,
  type Connection,
  type ConnectionFlags,
} from "../../../terminal/connection.ts";
import { createDeadLetterStore, type DeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { checkReplays } from "../../../shared/dead-letters/replay-check.ts";
import { withReplayActivity } from "../../dead-letters/replay-activity.ts";
import { createReplaySender } from "../../../shared/dead-letters/replay-sender.ts";
import { replayDeadLetters, type ReplaySummary } from "../../../shared/dead-letters/replay.ts";
import { selectDeadLetters, type Selector } from "../../dead-letters/selection.ts";
import { exitCodes, explain, type ExitCode } from "../../../terminal/exit.ts";
import { wholeNumber } from "../../../terminal/option-values.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addFilterOptions, type FilterFlags } from "./filter-options.ts";

const Count = Type.Integer({ minimum: 0 });
const fates = ["replayable", "resolved", "failed", "unknown", "refused", "skipped", "missing", "untouched"] as const;

/** What `--json` prints. */
export const ReplayOutput = Type.Object(
  {
    executed: Type.Boolean({ description: "false for a dry run, which changes nothing" }),
    selected: Count,
    sent: Count,
    counts: Type.Object({
      replayable: Type.Integer({ minimum: 0, description: "dry run: would be sent" }),
      resolved: Type.Integer({ minimum: 0, description: "stored, or its address was registered already" }),
      failed: Type.Integer({ minimum: 0, description: "failed again, and is open again" }),
      unknown: Type.Integer({
        minimum: 0,
        description: "sent, or perhaps sent, and its outcome was not waited for any longer",
      }),
      refused: Type.Integer({ minimum: 0, description: "not valid as it stands, so not sent" }),
      skipped: Type.Integer({ minimum: 0, description: "nothing to do: it is not open, or somebody else replays it" }),
      missing: Type.Integer({ minimum: 0, description: "there is no such dead letter" }),
      untouched: Type.Integer({ minimum: 0, description: "not reached, because the replay stopped before" }),
    }),
    stopped: Type.Union(
      [
        Type.Null(),
        Type.Object({
          code: Type.Enum(["failed-again", "no-outcome", "interrupted", "error"]),
          detail: Type.String(),
        }),
      ],
      { description: "why it stopped before the end" },
    ),
    outcomes: Type.Array(Type.Object({ id: Type.String(), fate: Type.Enum([...fates]), detail: Type.String() }), {
      description: "each record that was reached",
    }),
  },
  { additionalProperties: false },
);

export type ReplayOutput = Static<typeof ReplayOutput>;
type Outcome = ReplayOutput["outcomes"][number];

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
/** A step lasts this long at the given rate: waits take little of the time, and it can be stopped soon. */
const stepSeconds = 5;
const noCounts = Object.fromEntries(fates.map((fate) => [fate, 0])) as ReplayOutput["counts"];

const examples = `
Examples:
  turnout dead-letters replay 4f6c1e…                               what would happen
  turnout dead-letters replay 4f6c1e… --execute
  turnout dead-letters replay --reason crash-loop --execute --rate 500
  turnout dead-letters replay --all --since 2h --execute --why "worker bug of 09:30 is mended"

First 1 is replayed (--canary), then 10, then 100, then as many as --rate allows, and each time the outcome is
awaited. When one in ten fails again, the replay stops and the rest stays open. It can be stopped, killed, run twice
or by two people at once: a registration is only ever stored once, and only as its dead letter has it by then. What is
being replayed cannot be edited or discarded; a replay that was killed lets go of it after a minute.`;

function selectorOf(ids: readonly string[], { all, reason, since, again }: ReplayFlags): Selector {
  const filtered = all === true || reason !== undefined || since !== undefined;
  if (ids.length > 0 === filtered) {
    throw new TurnoutError("TURNOUT_USAGE_INVALID", "Say which: either ids, or --reason, --since or --all.");
  }
  if (ids.length > 0) return { ids };
  return { filter: { reason, since, state: again ? undefined : "open" } };
}

async function dryRun(
  store: DeadLetterStore,
  ids: readonly string[],
  again: boolean,
  signal: AbortSignal,
): Promise<ReplayOutput> {
  const counts = { ...noCounts };
  const outcomes: Outcome[] = [];
  await checkReplays(store, ids, { again, now: Date.now(), signal }, (id, check) => {
    counts[check.kind] += 1;
    outcomes.push({ id, fate: check.kind, detail: check.kind === "replayable" ? "would be sent" : check.detail });
  });
  return { executed: false, selected: ids.length, sent: 0, counts, stopped: null, outcomes };
}

function toOutput(summary: ReplaySummary, outcomes: Outcome[]): ReplayOutput {
  const { selected, sent, counts, untouched, stopped } = summary;
  return {
    executed: true,
    selected,
    sent,
    counts: { ...noCounts, ...counts, untouched },
    stopped: stopped ? { code: stopped.code, detail: stopped.detail } : null,
    outcomes,
  };
}

function exitCodeFor({ counts, stopped }: ReplayOutput): ExitCode {
  const unfinished = counts.failed + counts.unknown + counts.refused + counts.missing + counts.untouched;
  return unfinished === 0 && stopped === null ? exitCodes.ok : exitCodes.failed;
}

export function buildReplayCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const { colors, note, print } = terminal;

  async function execute(
    connection: Connection,
    store: DeadLetterStore,
    ids: readonly string[],
    flags: ReplayFlags,
  ): Promise<ReplayOutput> {
    const who = await connection.identity();
    const log = createAuditLog({
      documents: connection.documents,
      tableName: connection.deadLettersTable,
      who,
      wallClock: Date.now,
    });
    await log.add({ action: "replay", ids, detail: `replays up to ${ids.length}`, why: flags.why });
    const outcomes: Outcome[] = [];
    const bar = terminal.progress("replaying");
    bar.update(0, ids.length);
    const summary = await withReplayActivity(connection, note, ({ onPack, draining }) =>
      replayDeadLetters(ids, {
        store,
        sender: createReplaySender({
          sqs: connection.sqs,
          queueUrl: connection.queueUrl,
          ratePerSecond: flags.rate,
          signal,
          onPack,
        }),
        who,
        why: flags.why,
        canary: flags.canary,
        stepSize: flags.rate * stepSeconds,
        again: flags.again ?? false,
        outcomeTimeoutSeconds: flags.wait,
        draining,
        signal,
        wallClock: Date.now,
        onOutcome(outcome) {
          outcomes.push(outcome);
          bar.update(outcomes.length);
        },
        onStep: () => {},
      }),
    );
    bar.stop();
    if (summary.stopped?.code === "error") note(`${colors.red("turnout:")} ${explain(summary.stopped.cause)}`);
    return toOutput(summary, outcomes);
  }

  function show(output: ReplayOutput): void {
    const { counts, outcomes, selected, stopped } = output;
    if (selected === 0) return print("No dead letter passes: nothing to replay.");
    const paint = { replayable: colors.green, resolved: colors.green, failed: colors.red, refused: colors.yellow };
    terminal.printTable(
      ["ID", "OUTCOME", "DETAIL"],
      outcomes.map(({ id, fate, detail }) => [id, fate, detail]),
    );
    print("");
    for (const fate of fates) {
      if (counts[fate] === 0) continue;
      const color = fate in paint ? paint[fate as keyof typeof paint] : String;
      print(`${color(fate)}  ${counts[fate].toLocaleString("en")} of ${selected.toLocaleString("en")}`);
    }
    if (stopped) print(colors.red(`Stopped: ${stopped.detail}. Nothing else was sent.`));
    if (!output.executed && counts.replayable > 0) note("This was a dry run. Add --execute to replay them.");
  }

  const command = new Command("replay")
    .description("Send dead letters once more: a canary first, then growing steps, stopping when they fail again.")
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
    .addOption(new Option("--again", "those as well that were replayed before and never came back"))
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addFilterOptions(command);

  return addConnectionOptions(command).action(async (given: readonly string[], flags: ReplayFlags) => {
    const selector = selectorOf(given, flags);
    await withConnection(flags, env, async (connection) => {
      const store = createDeadLetterStore(connection.documents, connection.deadLettersTable);
      const ids = await selectDeadLetters(store, selector, signal);
      const output =
        flags.execute && ids.length > 0
          ? await execute(connection, store, ids, flags)
          : await dryRun(store, ids, flags.again ?? false, signal);
      if (flags.json) terminal.printJson(output);
      else show(output);
      finish(exitCodeFor(output));
    });
  });
}
