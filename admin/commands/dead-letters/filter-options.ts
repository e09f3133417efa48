/** Filter options for dead letters, shared by commands. */
import { Option, type Command } from "commander";
import { deadLetterStates, type DeadLetterState } from "../../../shared/dead-letters/dead-letter-record.ts";
import { deadLetterReasons, type DeadLetterReason } from "../../../shared/dead-letters/dead-letter.ts";
import type { DeadLetterFilter } from "../../../shared/dead-letters/dead-letter-store.ts";
import { pointInTime } from "../../../terminal/option-values.ts";

export interface FilterFlags {
  readonly reason?: DeadLetterReason;
  readonly since?: string;
}

export interface StateFlag {
  readonly state?: DeadLetterState;
}

export function addFilterOptions(command: Command): Command {
  return command
    .addOption(new Option("--reason <reason>", "only those with this reason").choices(deadLetterReasons))
    .option("--since <time>", "only those that failed then or later: 2h, 7d, 2026-01-31T09:00Z", pointInTime);
}

export function addStateOption(command: Command): Command {
  return command.addOption(new Option("--state <state>", "only those in this state").choices(deadLetterStates));
}

export function toFilter({ reason, since, state }: FilterFlags & StateFlag): DeadLetterFilter {
  return { reason, since, state };
}
