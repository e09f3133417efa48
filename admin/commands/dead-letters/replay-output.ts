/** What `dead-letters replay` and `dead-letters runs resume` print. */
import { Type, type Static } from "typebox";
import { reachedOf, type ReplayRun } from "../../replay-runs/replay-run.ts";
import { exitCodes, type ExitCode } from "../../../terminal/exit.ts";
import type { Terminal } from "../../../terminal/terminal.ts";

const Count = Type.Integer({ minimum: 0 });
export const replayFates = [
  "replayable",
  "resolved",
  "failed",
  "unknown",
  "refused",
  "skipped",
  "missing",
  "untouched",
] as const;

/** What `--json` prints. */
export const ReplayOutput = Type.Object(
  {
    executed: Type.Boolean({ description: "false for a dry run, which changes nothing" }),
    run: Type.Union([Type.String(), Type.Null()], { description: "id of the run; null for a dry run" }),
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
    outcomes: Type.Array(Type.Object({ id: Type.String(), fate: Type.Enum([...replayFates]), detail: Type.String() }), {
      description: "each record that this command reached",
    }),
  },
  { additionalProperties: false },
);

export type ReplayOutput = Static<typeof ReplayOutput>;

/** @param outcomes of the records that this command reached */
export function toReplayOutput(run: ReplayRun, outcomes: ReplayOutput["outcomes"]): ReplayOutput {
  const { id, selected, sent, counts, stop } = run;
  return {
    executed: true,
    run: id,
    selected,
    sent,
    counts: { replayable: 0, ...counts, untouched: selected - reachedOf(counts) },
    stopped: stop ? { code: stop.code, detail: stop.lines.join(" ") } : null,
    outcomes,
  };
}

export function exitCodeOfReplay({ counts, stopped }: ReplayOutput): ExitCode {
  const unfinished = counts.failed + counts.unknown + counts.refused + counts.missing + counts.untouched;
  return unfinished === 0 && stopped === null ? exitCodes.ok : exitCodes.failed;
}

/** Prints it for people. */
export function showReplay({ colors, print, printTable }: Terminal, output: ReplayOutput): void {
  const { counts, outcomes, selected, stopped } = output;
  const paint = { replayable: colors.green, resolved: colors.green, failed: colors.red, refused: colors.yellow };
  printTable(
    ["ID", "OUTCOME", "DETAIL"],
    outcomes.map(({ id, fate, detail }) => [id, fate, detail]),
  );
  print("");
  for (const fate of replayFates) {
    if (counts[fate] === 0) continue;
    const color = fate in paint ? paint[fate as keyof typeof paint] : String;
    print(`${color(fate)}  ${counts[fate].toLocaleString("en")} of ${selected.toLocaleString("en")}`);
  }
  if (stopped) print(colors.red(`Stopped: ${stopped.detail}. Nothing else was sent.`));
}
