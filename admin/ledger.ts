/**
 * The ledger of a load: what became of each attempt to register, written outside the system that is judged. JSON Lines,
 * one line an attempt when its outcome is known, appended and never changed.
 *
 *     {"outcome":"accepted","id":"…","email":"…","name":"…","answers":{},"status":202,"startedAt":1767258000000,"endedAt":1767258000012}
 *     {"outcome":"confirmed","id":"…","email":"…","at":1767258003000}
 *
 * `accepted` is a 202; `rejected` an answer after which nothing can have been enqueued; `unknown` everything else, such as
 * a connection that was reset. A retry with the same Idempotency-Key is a further line with the same id. `confirmed` says
 * that the status URL said so. What follows from the lines is decided in `audit/`; not here.
 */
import { closeSync, createReadStream, fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { TurnoutError } from "../shared/errors.ts";
import { openPrivateFileSync } from "../shared/private-file.ts";

const Attempt = Type.Object({
  outcome: Type.Enum(["accepted", "rejected", "unknown"]),
  /** Registration id, computed from Idempotency-Key and address as the web tier does. */
  id: Type.String({ minLength: 1 }),
  /** In key form. */
  email: Type.String({ minLength: 1 }),
  /** As it is stored: normalised. */
  name: Type.String(),
  answers: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  /** HTTP status, null where no answer came. */
  status: Type.Union([Type.Integer(), Type.Null()]),
  /** Milliseconds since the epoch. */
  startedAt: Type.Number(),
  endedAt: Type.Number(),
});

const Confirmation = Type.Object({
  outcome: Type.Literal("confirmed"),
  id: Type.String({ minLength: 1 }),
  email: Type.String({ minLength: 1 }),
  /** Milliseconds since the epoch. */
  at: Type.Number(),
});

const Line = Type.Union([Attempt, Confirmation]);

export type AttemptLine = Static<typeof Attempt>;
export type ConfirmationLine = Static<typeof Confirmation>;
export type LedgerLine = AttemptLine | ConfirmationLine;

export interface Ledger {
  /** Appends a line. When this returns, the line is the operating system's: it outlives a kill of this process. */
  record(line: LedgerLine): void;
  /** Safe to call twice. */
  close(): void;
}

const lineFeed = 0x0a;
const tailBytes = 65_536;

/** A writer that was killed can leave half a line, to which the next one would be glued. */
function dropTornLine(file: number): void {
  const { size } = fstatSync(file);
  const tail = Buffer.alloc(Math.min(size, tailBytes));
  readSync(file, tail, 0, tail.length, size - tail.length);
  const kept = tail.lastIndexOf(lineFeed) + 1;
  if (kept < tail.length) ftruncateSync(file, size - tail.length + kept);
}

/**
 * @param path of the file, made where it does not exist; what it holds is kept
 * @throws TURNOUT_USAGE_INVALID where it is a symbolic link; the file system's error
 */
export function openLedger(path: string): Ledger {
  const file = openPrivateFileSync(path, "append");
  dropTornLine(file);
  let open = true;
  return {
    record(line) {
      writeSync(file, `${JSON.stringify(line)}\n`);
    },
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}

const validator = Compile(Line);

function parseLine(text: string, path: string, number: number): LedgerLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the line, and with it an attendee.
    value = undefined;
  }
  if (validator.Check(value)) return value;
  const fault = value === undefined ? undefined : validator.Errors(value)[0];
  const why = fault === undefined ? "is not JSON" : `${fault.instancePath || "/"} ${fault.message}`;
  throw new TurnoutError("TURNOUT_LEDGER_INVALID", `Line ${number} of the ledger ${path} cannot be used: ${why}.`);
}

/**
 * Reads a ledger line by line. A last line without its end is what a killed writer left; it is passed over.
 * @throws TURNOUT_LEDGER_INVALID when the file cannot be read, or a line other than the last is no line of a ledger
 */
export async function* readLedger(path: string): AsyncGenerator<LedgerLine, void, undefined> {
  const stream = createReadStream(path, { encoding: "utf8", highWaterMark: 1 << 20 });
  let rest = "";
  let number = 0;
  try {
    // Split here and not by node:readline, which also ends a line at U+2028, and an answer may hold that.
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        number += 1;
        if (line !== "") yield parseLine(line, path, number);
      }
    }
  } catch (cause) {
    if (cause instanceof TurnoutError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TurnoutError("TURNOUT_LEDGER_INVALID", `The ledger ${path} cannot be read: ${why}.`, { cause });
  }
}
