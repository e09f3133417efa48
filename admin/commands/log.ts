/** `turnout log`: the audit log. */
import { Command } from "commander";
import { Type } from "typebox";
import { adminActions, createAuditLog } from "../audit-log.ts";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../terminal/connection.ts";
import { readTimes } from "../../terminal/event-option.ts";
import { pointInTime } from "../../terminal/option-values.ts";
import type { CommandHost } from "../../terminal/command-line.ts";

/** What `--json` prints. */
export const LogOutput = Type.Object(
  {
    lines: Type.Array(
      Type.Object({
        at: Type.String(),
        who: Type.String(),
        action: Type.Enum([...adminActions]),
        ids: Type.Array(Type.String()),
        detail: Type.String(),
        why: Type.String(),
      }),
      { description: "oldest first" },
    ),
  },
  { additionalProperties: false },
);

interface LogFlags extends ConnectionFlags {
  readonly since?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout log --since 7d
  turnout log --json | jq '.lines[] | select(.action == "forget")'`;

export function buildLogCommand({ env, terminal, signal }: CommandHost): Command {
  const command = new Command("log")
    .description("Show what admins did: replays, edits, discards, erasures, exports.")
    .option("--since <time>", "only what was done then or later: 2h, 7d, 2026-01-31T09:00Z", pointInTime)
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((flags: LogFlags) =>
    withConnection(flags, env, async (connection) => {
      const log = createAuditLog({ connection, who: "", wallClock: Date.now });
      const lines = await log.read(flags.since ?? "", signal);
      if (flags.json) return terminal.printJson({ lines });
      if (lines.length === 0) return terminal.print("Nothing was done.");
      const when = readTimes(env).column(
        "WHEN",
        lines.map(({ at }) => at),
      );
      terminal.printTable(
        [when.head, "WHO", "WHAT", "WHY"],
        lines.map(({ who, detail, why }, index) => [when.cells[index] ?? "", who, detail, why]),
      );
    }),
  );
}
