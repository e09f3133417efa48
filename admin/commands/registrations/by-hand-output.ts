/** What `add` and `correct` have in common: their options, the way to the queue, and what they print. */
import type { Command } from "commander";
import { Type, type Static } from "typebox";
import type { CommandHost } from "../../../terminal/command-line.ts";
import type { Connection } from "../../../terminal/connection.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import { gather, wholeNumber } from "../../../terminal/option-values.ts";
import { referenceOf } from "../../../shared/registration/reference.ts";
import {
  awaitResult,
  byHandResults,
  sendByHand,
  type ByHandEntry,
  type ByHandResult,
} from "../../registrations/by-hand-queue.ts";

/** What `--json` prints. */
export const ByHandOutput = Type.Object(
  {
    email: Type.String({ description: "in key form" }),
    registrationId: Type.String(),
    reference: Type.String(),
    result: Type.Enum([...byHandResults], {
      description:
        "stored; duplicate: the address was registered already; superseded: a later change counts; gone: withdrawn or " +
        "erased; dead-letter: it could not be stored; waiting: it is on the queue, and nothing more is known yet",
    }),
  },
  { additionalProperties: false },
);

type ByHandOutput = Static<typeof ByHandOutput>;

export interface ByHandFlags {
  readonly why: string;
  readonly answer?: string[];
  readonly wait: number;
  readonly json?: boolean;
}

const defaultWaitSeconds = 15;

export function addByHandOptions(command: Command): Command {
  return command
    .option("--answer <field=value>", "an answer, by the id of its field; repeatable", gather(String))
    .requiredOption("--why <text>", "why, for the audit log; no name or address")
    .option("--wait <seconds>", "how long to wait for the result", wholeNumber(0, 600), defaultWaitSeconds)
    .option("--json", "print one JSON document");
}

const words = {
  stored: "Stored.",
  duplicate:
    "Not stored: the address was registered already, and the first registration counts. Correct that one instead.",
  superseded:
    "Not applied: somebody changed the registration meanwhile, and that counts. Find it, and correct it again if need be.",
  gone: "Not applied: the registration was withdrawn or erased meanwhile.",
  "dead-letter": "It could not be stored, and is a dead letter now.",
  waiting: "It is on the queue, and nothing more is known yet.",
} as const satisfies Record<ByHandResult, string>;

export async function deliver(
  entry: ByHandEntry,
  flags: ByHandFlags,
  connection: Connection,
  { terminal, signal, finish }: CommandHost,
): Promise<void> {
  const { print, note, printJson } = terminal;
  const { email, id } = entry;
  await sendByHand(entry, { connection, why: flags.why, note });
  const bar = terminal.progress("waiting for the result");
  const result = await awaitResult(entry, connection, flags.wait, signal).finally(() => bar.stop());
  // Who does not wait wanted it to be sent.
  const asWanted = result === "stored" || (result === "waiting" && flags.wait === 0);
  finish(asWanted ? exitCodes.ok : exitCodes.failed);
  const output: ByHandOutput = { email, registrationId: id, reference: referenceOf(id), result };
  if (flags.json) return printJson(output);
  print(`${email}: ${words[result]}`);
  if (result === "stored") print(`Reference ${output.reference}`);
  if (result === "waiting") note(`See later: turnout registrations find ${email}`);
  if (result === "dead-letter") note(`See why: turnout dead-letters show ${id}`);
}
