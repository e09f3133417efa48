/** A run as the commands print it. */
import { Type, type Static } from "typebox";
import {
  runStandings,
  reachedOf,
  standingOf,
  type ReplayRunSummary,
  type RunStanding,
} from "../../../replay-runs/replay-run.ts";
import type { LeaseState } from "../../../replay-runs/run-lease.ts";
import type { ConnectionFlags } from "../../../../terminal/connection.ts";

const Count = Type.Integer({ minimum: 0 });
const Hand = Type.Object({ who: Type.String(), at: Type.String() });

/** What `--json` prints of a run. */
export const RunLine = Type.Object(
  {
    id: Type.String(),
    state: Type.Enum([...runStandings], {
      description: "interrupted: nobody performs it any more; like a stopped one, it can be resumed",
    }),
    startedBy: Hand,
    resumedBy: Type.Array(Hand),
    selection: Type.String({ description: "in words" }),
    why: Type.String(),
    canary: Count,
    rate: Type.Integer({ description: "registrations a second, at most" }),
    selected: Count,
    sent: Count,
    counts: Type.Object({
      resolved: Count,
      failed: Count,
      unknown: Count,
      refused: Count,
      skipped: Count,
      missing: Count,
      untouched: Count,
    }),
    stopped: Type.Union([Type.Null(), Type.Object({ code: Type.String(), detail: Type.String() })]),
    endedAt: Type.Union([Type.String(), Type.Null()]),
  },
  { additionalProperties: false },
);

export type RunLine = Static<typeof RunLine>;

/**
 * @param lease as just read
 * @param now milliseconds since the epoch
 */
export function toRunLine(run: ReplayRunSummary, lease: LeaseState | undefined, now: number): RunLine {
  const { id, hands, selection, why, canary, rate, selected, sent, counts, stop, endedAt } = run;
  const [startedBy = { who: "", at: "" }, ...resumedBy] = hands;
  return {
    id,
    state: standingOf(run, lease, now),
    startedBy,
    resumedBy,
    selection,
    why,
    canary,
    rate,
    selected,
    sent,
    counts: { ...counts, untouched: selected - reachedOf(counts) },
    stopped: stop ? { code: stop.code, detail: stop.lines.join(" ") } : null,
    endedAt: endedAt ?? null,
  };
}

/** @returns the options that mean the same deployment, to be put behind a command */
function deploymentWords({ stack, local, profile, region }: ConnectionFlags): string {
  const given: [string, string | undefined][] = [
    ["--stack", stack],
    ["--profile", profile],
    ["--region", region],
  ];
  const words = given.flatMap(([option, value]) => (value === undefined ? [] : [option, value]));
  return [...(local ? ["--local"] : []), ...words].map((word) => ` ${word}`).join("");
}

/** @returns the command line that does this with a run of the same deployment */
export function runsCommand(verb: "stop" | "resume", id: string, flags: ConnectionFlags): string {
  return `turnout dead-letters runs ${verb} ${id}${deploymentWords(flags)}`;
}

/** @returns the state in its colour */
export function paintStanding(
  standing: RunStanding,
  colors: Readonly<Record<"green" | "yellow" | "cyan", (text: string) => string>>,
): string {
  if (standing === "done") return colors.green(standing);
  return standing === "running" || standing === "stopping" ? colors.cyan(standing) : colors.yellow(standing);
}
