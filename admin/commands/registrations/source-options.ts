/** The options of commands that read through all registrations: a file of an export, or the table at a limited rate. */
import type { Command } from "commander";
import { withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { wholeNumber } from "../../../terminal/option-values.ts";
import type { Environment } from "../../../shared/process/environment.ts";
import type { EventDefinition } from "../../../shared/registration/event-definition.ts";
import { fileSource, tableSource, type RegistrationSource } from "../../registrations/registration-source.ts";

export interface SourceFlags {
  readonly in?: string;
  readonly maxReadUnits: number;
}

const defaultReadUnits = 500;

export function addSourceOptions(command: Command): Command {
  return command
    .option("--in <file>", "read a file of registrations export (.csv, .jsonl) instead of the table")
    .option(
      "--max-read-units <count>",
      "read capacity units a second, at most",
      wholeNumber(1, 1_000_000),
      defaultReadUnits,
    );
}

/** Connects only where the table is read. */
export function withSource<Result>(
  flags: ConnectionFlags & SourceFlags,
  env: Environment,
  event: EventDefinition | undefined,
  work: (source: RegistrationSource) => Promise<Result>,
): Promise<Result> {
  if (flags.in !== undefined) return work(fileSource(flags.in, event));
  const { maxReadUnits } = flags;
  return withConnection(flags, env, (connection) => work(tableSource({ ...connection, maxReadUnits })));
}
