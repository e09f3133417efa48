/** `turnout dead-letters show`: all that is known of one dead letter. */
import { Argument, Command } from "commander";
import { Type, type Static } from "typebox";
import type { DeadLetterRecord, HistoryEntry } from "../../../shared/dead-letters/dead-letter-record.ts";
import type { Registration } from "../../../shared/registration/registration.ts";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { addEventOption, readEvent, readTimes, type EventFlag } from "../../../terminal/event-option.ts";
import type { ZonedTimes } from "../../../terminal/zoned-times.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { bodyWithoutExpired, recordWithoutExpired } from "../../../shared/dead-letters/expired-answers.ts";
import { createExpiredFields } from "../../../shared/registration/answer-expiry.ts";
import { registrationIn } from "../../../shared/dead-letters/dead-letter-entry.ts";
import { checkReplay } from "../../../shared/dead-letters/replay-check.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import type { Terminal } from "../../../terminal/terminal.ts";
import { plain } from "../../../shared/process/terminal-text.ts";
import { requireDeadLetter } from "./required-record.ts";
import { DeadLetterLine, toLine } from "./record-output.ts";

const Change = Type.Object({ from: Type.Unknown(), to: Type.Unknown() });

/** What `--json` prints. */
export const DeadLetterShowOutput = Type.Object(
  {
    ...DeadLetterLine.properties,
    body: Type.String({ description: "the message's body as received, but for answers that have expired" }),
    registration: Type.Union(
      [
        Type.Object({
          id: Type.String(),
          email: Type.String(),
          name: Type.String(),
          answers: Type.Record(Type.String(), Type.Unknown()),
          submittedAt: Type.String(),
        }),
        Type.Null(),
      ],
      {
        description: "what a replay would send, edits included",
      },
    ),
    replay: Type.Object({
      possible: Type.Boolean(),
      detail: Type.String({ description: "why not, where it is not possible" }),
    }),
    history: Type.Array(
      Type.Object({
        at: Type.String(),
        who: Type.String(),
        what: Type.Enum(["failed", "replayed", "resolved", "edited", "discarded", "expired"]),
        detail: Type.String(),
        changes: Type.Optional(Type.Record(Type.String(), Change)),
      }),
    ),
  },
  { additionalProperties: false },
);

export type DeadLetterShowOutput = Static<typeof DeadLetterShowOutput>;

interface ShowFlags extends ConnectionFlags, EventFlag {
  readonly body?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout dead-letters show 4f6c1e…
  turnout dead-letters show 4f6c1e… --body > body.txt`;

/** In reading order; the table keeps none. */
function inOrder(registration: Registration | undefined): DeadLetterShowOutput["registration"] {
  if (registration === undefined) return null;
  const { id, email, name, answers, submittedAt } = registration;
  return { id, email, name, answers, submittedAt };
}

function describe(record: DeadLetterRecord, body: string): DeadLetterShowOutput {
  const registration = record.registration ?? registrationIn(body);
  const check = checkReplay({ ...record, ...(registration && { registration }) }, { again: false, now: Date.now() });
  return {
    ...toLine(record, body),
    body,
    registration: inOrder(registration),
    replay: check.kind === "replayable" ? { possible: true, detail: "" } : { possible: false, detail: check.detail },
    history: [...record.history],
  };
}

/** Indented JSON, or the text unchanged; safe for the terminal either way. */
function readable(text: string): string {
  try {
    const lines = JSON.stringify(JSON.parse(text), undefined, 2).split("\n");
    return lines.map(plain).join("\n");
  } catch {
    return text.split("\n").map(plain).join("\n");
  }
}

function describeEntry({ at, who, what, detail, changes = {} }: HistoryEntry, times: ZonedTimes): string[] {
  const differences = Object.entries(changes).map(
    ([field, { from, to }]) => `    ${field}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`,
  );
  return [`  ${times.full(at)}  ${what} by ${who}: ${detail}`, ...differences].map(plain);
}

function show({ print, printTable, colors }: Terminal, record: DeadLetterShowOutput, times: ZonedTimes): void {
  printTable(
    ["id", record.id],
    [
      ["state", record.state],
      ["reason", `${record.reason}: ${record.detail}`],
      ["submitted", record.submittedAt ? times.full(record.submittedAt) : "unknown"],
      [
        "failed",
        `${record.failures} ×, first ${times.full(record.firstFailedAt)}, last ${times.full(record.lastFailedAt)}`,
      ],
      ["replay", record.replay.possible ? "possible" : `not possible: ${record.replay.detail}`],
    ],
  );
  print(colors.bold("\nregistration"));
  print(record.registration === null ? "none can be read" : readable(JSON.stringify(record.registration)));
  print(colors.bold("\nbody as received"));
  print(readable(record.body));
  print(colors.bold("\nhistory"));
  for (const entry of record.history) for (const line of describeEntry(entry, times)) print(line);
}

export function buildShowCommand({ env, terminal, signal }: CommandHost): Command {
  const command = new Command("show")
    .description("Show one dead letter: its error, its body as received, its history.")
    .addArgument(new Argument("<id>", "id of the dead letter"))
    .option("--body", "print the body alone, byte for byte")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addEventOption(command);

  return addConnectionOptions(command).action(async (id: string, flags: ShowFlags) => {
    const expired = createExpiredFields(readEvent(flags, env))(Date.now());
    await withConnection(flags, env, async ({ documents, deadLettersTable }) => {
      signal.throwIfAborted();
      const store = createDeadLetterStore(documents, deadLettersTable);
      const record = recordWithoutExpired(await requireDeadLetter(store, id), expired);
      const body = bodyWithoutExpired(await store.readBody(record), expired);
      if (flags.body) return terminal.write(body);
      const output = describe(record, body);
      if (flags.json) terminal.printJson(output);
      else show(terminal, output, readTimes(env, flags));
    });
  });
}
