/**
 * The ledger of a load: the result of each attempt to register, to correct or to withdraw, recorded outside the system
 * under test. JSON Lines: a header with run and stack, then one line per attempt.
 *
 *     {"ledger":1,"run":"4f6c…","stack":"arn:aws:sqs:…@2026-01-01T08:00:00.000Z","startedAt":"2026-01-01T09:00:00.000Z"}
 *     {"outcome":"accepted","id":"…","email":"…","name":"…","answers":{},"status":202,"startedAt":1767258000000,"endedAt":1767258000012}
 *     {"outcome":"confirmed","id":"…","email":"…","at":1767258003000}
 *     {"outcome":"accepted","change":"correction","id":"…","email":"…","name":"…","answers":{},"changedAt":"…",…}
 *     {"outcome":"accepted","change":"withdrawal","id":"…","email":"…","mailbox":true,…}
 *
 * `accepted` is a 202; `rejected` an answer after which nothing can be enqueued; `unknown` everything else, such as a
 * reset connection. A retry with the same Idempotency-Key is another line with the same id. `confirmed` comes from the
 * status URL. Changes have the id of their registration; a repeated change is another one. The audit evaluates the lines.
 *
 * A ledger belongs to one run at one stack: registrations of an earlier run may be gone with their stack and would
 * count as lost. So nothing is appended to another run's ledger. A ledger without a header matches any stack.
 */
import { randomUUID } from "node:crypto";
import { closeSync, createReadStream, statSync, writeSync } from "node:fs";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { TurnoutError } from "../../shared/errors.ts";
import { openPrivateFileSync } from "../../shared/process/private-file.ts";
import { instantPattern } from "../../shared/registration/registration.ts";

const version = 1;

const Head = Type.Object({
  ledger: Type.Literal(version),
  /** Random per run. */
  run: Type.String({ minLength: 1 }),
  /** From `readStackIdentity`. */
  stack: Type.String({ minLength: 1 }),
  /** ISO 8601, UTC. */
  startedAt: Type.String({ minLength: 1 }),
});

const identity = {
  /** Registration id, derived from Idempotency-Key and address as in the web tier. */
  id: Type.String({ minLength: 1 }),
  /** In key form. */
  email: Type.String({ minLength: 1 }),
};

/** As stored: normalised. */
const content = {
  name: Type.String(),
  answers: Type.Record(
    Type.String(),
    Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.String())]),
  ),
};

const result = {
  outcome: Type.Enum(["accepted", "rejected", "unknown"]),
  /** HTTP status; null without an answer. */
  status: Type.Union([Type.Integer(), Type.Null()]),
  /** Milliseconds since the epoch. */
  startedAt: Type.Number(),
  endedAt: Type.Number(),
};

const Attempt = Type.Object({ ...result, ...identity, ...content, change: Type.Optional(Type.Never()) });

const change = {
  ...result,
  ...identity,
  /** The receipt that it was made with claims the mailbox. */
  mailbox: Type.Optional(Type.Literal(true)),
};

const CorrectionAttempt = Type.Object({
  ...change,
  ...content,
  change: Type.Literal("correction"),
  /**
   * Its time by the web tier: ISO 8601, UTC, milliseconds. It is sealed in the receipt of the reply, so only whoever has
   * the keys knows it. Without it the audit cannot tell which of several corrections is the latest.
   */
  changedAt: Type.Optional(Type.String({ pattern: instantPattern })),
});

const WithdrawalAttempt = Type.Object({ ...change, change: Type.Literal("withdrawal") });

const Confirmation = Type.Object({
  outcome: Type.Literal("confirmed"),
  ...identity,
  /** Milliseconds since the epoch. */
  at: Type.Number(),
});

const Line = Type.Union([Attempt, CorrectionAttempt, WithdrawalAttempt, Confirmation]);

export type LedgerHead = Static<typeof Head>;
export type AttemptLine = Static<typeof Attempt>;
export type ConfirmationLine = Static<typeof Confirmation>;
export type CorrectionLine = Static<typeof CorrectionAttempt>;
export type WithdrawalLine = Static<typeof WithdrawalAttempt>;
export type ChangeLine = CorrectionLine | WithdrawalLine;
export type LedgerLine = AttemptLine | ChangeLine | ConfirmationLine;

export interface Ledger {
  /** Appends a line, handed to the operating system before this returns, so it survives a kill of this process. */
  record(line: LedgerLine): void;
  /** Safe to repeat. */
  close(): void;
}

/**
 * An empty file is allowed: `mktemp` makes one.
 * @throws TURNOUT_USAGE_INVALID when the file has content
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
 * @param path of a new or empty file
 * @param stack of the run, from `readStackIdentity`
 * @throws TURNOUT_USAGE_INVALID when the file has content or is a symbolic link; the file system's error
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
    // The parser's message would quote the line, with attendee data.
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
    // Explains the error in the line.
    return undefined;
  }
}

/** An incomplete last line is left by a killed writer and skipped. */
async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  const stream = createReadStream(path, { encoding: "utf8", highWaterMark: 1 << 20 });
  let rest = "";
  try {
    // Not by node:readline, which also splits at U+2028, which answers may contain.
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
 * @returns its header; undefined when there is none
 * @throws TURNOUT_LEDGER_INVALID when the file cannot be read
 */
export async function readLedgerHead(path: string): Promise<LedgerHead | undefined> {
  for await (const line of linesOf(path)) return parseHead(line);
  return undefined;
}

/**
 * Reads a ledger's attempts, changes and confirmations in order.
 * @throws TURNOUT_LEDGER_INVALID when the file cannot be read, or a line other than the last is invalid
 */
export async function* readLedger(path: string): AsyncGenerator<LedgerLine, void, undefined> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (line === "" || (number === 1 && parseHead(line) !== undefined)) continue;
    yield parseLine(line, path, number);
  }
}
