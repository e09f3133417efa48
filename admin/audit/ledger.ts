/**
 * The ledger of a load: what became of each attempt to register, written outside the system that is judged. JSON Lines: a
 * head that says which run and which stack it belongs to, then one line an attempt when its outcome is known.
 *
 *     {"ledger":1,"run":"4f6c…","stack":"arn:aws:sqs:…@2026-01-01T08:00:00.000Z","startedAt":"2026-01-01T09:00:00.000Z"}
 *     {"outcome":"accepted","id":"…","email":"…","name":"…","answers":{},"status":202,"startedAt":1767258000000,"endedAt":1767258000012}
 *     {"outcome":"confirmed","id":"…","email":"…","at":1767258003000}
 *
 * `accepted` is a 202; `rejected` an answer after which nothing can have been enqueued; `unknown` everything else, such as
 * a connection that was reset. A retry with the same Idempotency-Key is a further line with the same id. `confirmed` says
 * that the status URL said so. What follows from the lines is decided in `audit/`; not here.
 *
 * One ledger is one run's, at one stack: whatever an earlier run accepted is not there any more at a stack that was made
 * anew, and would count as lost. So nothing is ever added to another run's. A ledger without a head, as one's own load may
 * write it, belongs to whatever it is audited against.
 */
import { randomUUID } from "node:crypto";
import { closeSync, createReadStream, statSync, writeSync } from "node:fs";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { TurnoutError } from "../../shared/errors.ts";
import { openPrivateFileSync } from "../../shared/process/private-file.ts";

const version = 1;

const Head = Type.Object({
  ledger: Type.Literal(version),
  /** Made up for each run. */
  run: Type.String({ minLength: 1 }),
  /** As `readStackIdentity` gives it. */
  stack: Type.String({ minLength: 1 }),
  /** ISO 8601, UTC. */
  startedAt: Type.String({ minLength: 1 }),
});

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

export type LedgerHead = Static<typeof Head>;
export type AttemptLine = Static<typeof Attempt>;
export type ConfirmationLine = Static<typeof Confirmation>;
export type LedgerLine = AttemptLine | ConfirmationLine;

export interface Ledger {
  /** Appends a line. When this returns, the line is the operating system's: it outlives a kill of this process. */
  record(line: LedgerLine): void;
  /** Safe to call twice. */
  close(): void;
}

/**
 * An empty file is nobody's: `mktemp` makes one.
 * @throws TURNOUT_USAGE_INVALID when there is something in the file
 */
export function requireNewLedger(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    `${path} is there already. A ledger belongs to one run and one stack: choose another file, or remove this one.`,
  );
}

function openNew(path: string): number {
  try {
    return openPrivateFileSync(path, "new");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    requireNewLedger(path);
    return openPrivateFileSync(path, "append");
  }
}

/**
 * @param path of a file that is not there yet, or is empty
 * @param stack to which the run goes, as `readStackIdentity` gives it
 * @throws TURNOUT_USAGE_INVALID when there is something in the file, or a symbolic link in its place; the file system's error
 */
export function openLedger(path: string, stack: string): Ledger {
  const file = openNew(path);
  let open = true;
  const write = (line: LedgerHead | LedgerLine) => writeSync(file, `${JSON.stringify(line)}\n`);
  write({ ledger: version, run: randomUUID(), stack, startedAt: new Date().toISOString() });
  return {
    record: write,
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}

const [headValidator, lineValidator] = [Compile(Head), Compile(Line)];

function parseLine(text: string, path: string, number: number): LedgerLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the line, and with it an attendee.
    value = undefined;
  }
  if (lineValidator.Check(value)) return value;
  if (headValidator.Check(value)) {
    throw new TurnoutError(
      "TURNOUT_LEDGER_INVALID",
      `Line ${number} of the ledger ${path} is the head of another run. A ledger belongs to one run.`,
    );
  }
  const error = value === undefined ? undefined : lineValidator.Errors(value)[0];
  const why = error === undefined ? "is not JSON" : `${error.instancePath || "/"} ${error.message}`;
  throw new TurnoutError("TURNOUT_LEDGER_INVALID", `Line ${number} of the ledger ${path} cannot be used: ${why}.`);
}

function parseHead(text: string): LedgerHead | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return headValidator.Check(value) ? value : undefined;
  } catch {
    // Whoever reads the lines is told what is wrong with it.
    return undefined;
  }
}

/** A last line without its end is what a killed writer left; it is passed over. */
async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  const stream = createReadStream(path, { encoding: "utf8", highWaterMark: 1 << 20 });
  let rest = "";
  try {
    // Split here and not by node:readline, which also ends a line at U+2028, and an answer may hold that.
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TurnoutError("TURNOUT_LEDGER_INVALID", `The ledger ${path} cannot be read: ${why}.`, { cause });
  }
}

/**
 * @returns whose it is; undefined for a ledger without a head
 * @throws TURNOUT_LEDGER_INVALID when the file cannot be read
 */
export async function readLedgerHead(path: string): Promise<LedgerHead | undefined> {
  for await (const line of linesOf(path)) return parseHead(line);
  return undefined;
}

/**
 * Reads the attempts and confirmations of a ledger, one after the other.
 * @throws TURNOUT_LEDGER_INVALID when the file cannot be read, or a line other than the last is no line of a ledger
 */
export async function* readLedger(path: string): AsyncGenerator<LedgerLine, void, undefined> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (line === "" || (number === 1 && parseHead(line) !== undefined)) continue;
    yield parseLine(line, path, number);
  }
}
