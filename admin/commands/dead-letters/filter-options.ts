/** Filter options for dead letters, shared by commands. */
import { Option, type Command } from "commander";
import { deadLetterStates, type DeadLetterState } from "../../../shared/dead-letters/dead-letter-record.ts";
import { deadLetterReasons, type DeadLetterReason } from "../../../shared/dead-letters/dead-letter.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { pointInTime } from "../../../terminal/option-values.ts";
import type { RowFilter } from "../../dead-letters/row-filter.ts";
import type { Selector } from "../../dead-letters/selection.ts";

export interface FilterFlags {
  readonly reason?: DeadLetterReason;
  readonly since?: string;
  readonly until?: string;
  readonly detail?: string;
  readonly text?: string;
}

export interface StateFlag {
  readonly state?: DeadLetterState;
}

export interface AllFlag {
  readonly all?: boolean;
}

export function addFilterOptions(command: Command): Command {
  return command
    .addOption(new Option("--reason <reason>", "only those with this reason").choices(deadLetterReasons))
    .option("--since <time>", "only those that failed since: 2h, 7d, 2026-01-31T09:00Z", pointInTime)
    .option("--until <time>", "only those that failed before", pointInTime)
    .option("--detail <text>", "only those with this detail, whatever numbers are in it")
    .option("--text <text>", "only those with this in the address, name, id or detail");
}

export function addStateOption(command: Command): Command {
  return command.addOption(new Option("--state <state>", "only those in this state").choices(deadLetterStates));
}

export function toFilter(flags: FilterFlags, state: DeadLetterState | undefined): RowFilter {
  const { reason, since, until, detail, text } = flags;
  return { reason, since, until, detail, text, state };
}

/**
 * @param state of those that a filter selects
 * @returns the given ids, or the filter
 * @throws TURNOUT_USAGE_INVALID for neither or both
 */
export function toSelector(
  ids: readonly string[],
  flags: FilterFlags & AllFlag,
  state: DeadLetterState | undefined,
): Selector {
  const { reason, since, until, detail, text } = flags;
  const filtered = flags.all === true || [reason, since, until, detail, text].some((value) => value !== undefined);
  if (ids.length > 0 !== filtered) return ids.length > 0 ? { ids } : { filter: toFilter(flags, state) };
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    "Say which: either ids, or --reason, --since, --until, --detail, --text or --all.",
  );
}
