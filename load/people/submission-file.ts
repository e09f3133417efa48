/**
 * Reads registrations from a file, row by row: CSV with a header, or JSON Lines, as spreadsheets and `registrations export`
 * write them. Rejects only what cannot be read; whether a row is a valid registration is for the service to decide.
 */
import { createReadStream } from "node:fs";
import { randomUUID } from "node:crypto";
import { extname } from "node:path";
import { CsvError, parse, type Info } from "csv-parse";
import { TurnoutError } from "../../shared/errors.ts";
import { submittedAnswers } from "../../shared/registration/consent.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { recordAttributes } from "../../admin/registrations/file-columns.ts";
import { readHeader, type Columns } from "./csv-columns.ts";
import type { LoadItem } from "./load-item.ts";

export interface RejectedRow {
  /** From 1, the header of a CSV file included. Of a row over several lines the first one. */
  readonly line: number;
  readonly reasons: readonly string[];
}

export interface SubmissionFileOptions {
  /** Path; its name ends with .csv, .jsonl or .ndjson. */
  readonly path: string;
  /** Its fields name the columns of a CSV file that hold answers. */
  readonly event: EventDefinition;
  onRejected(row: RejectedRow): void;
}

type Row = { readonly line: number; readonly submission: unknown };

const maxRowCharacters = 65_536;
const chunkBytes = 1 << 18;

function unusable(path: string, why: string, cause?: unknown): TurnoutError {
  return new TurnoutError("TURNOUT_USAGE_INVALID", `The file ${path} cannot be used: ${why}`, { cause });
}

/** @throws TURNOUT_USAGE_INVALID when it is not UTF-8: names would be stored garbled */
async function* readText(path: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>) {
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const encoding = (cause as NodeJS.ErrnoException).code === "ERR_ENCODING_INVALID_ENCODED_DATA";
    throw unusable(
      path,
      encoding ? "it is not UTF-8. Save it as UTF-8 (in Excel: “CSV UTF-8”)." : cause.message,
      cause,
    );
  }
}

/** @returns what the attendee submitted, without what the stored record adds: its attributes, a consent's wording */
function withoutRecord(exported: object, event: EventDefinition): object {
  const submitted = Object.fromEntries(Object.entries(exported).filter(([name]) => !recordAttributes.has(name)));
  const answers: unknown = submitted.answers;
  if (typeof answers !== "object" || answers === null || Array.isArray(answers)) return submitted;
  return { ...submitted, answers: submittedAnswers(answers, event) };
}

async function* readJsonLines({
  path,
  event,
  onRejected,
}: SubmissionFileOptions): AsyncGenerator<Row, void, undefined> {
  let rest = "";
  let line = 0;
  function* rowsOf(texts: readonly string[]): Generator<Row, void, undefined> {
    for (const text of texts) {
      line += 1;
      if (text.trim() === "") continue;
      let submission: unknown;
      try {
        submission = JSON.parse(text);
      } catch {
        onRejected({ line, reasons: ["is not JSON"] });
        continue;
      }
      if (typeof submission === "object" && submission !== null && !Array.isArray(submission))
        yield { line, submission: withoutRecord(submission, event) };
      else onRejected({ line, reasons: ["is not a JSON object with email and name"] });
    }
  }
  // Not by node:readline, which also ends a line at U+2028, and an answer may hold that.
  for await (const chunk of readText(path)) {
    const texts = (rest + chunk).split("\n");
    rest = texts.pop() ?? "";
    yield* rowsOf(texts);
  }
  yield* rowsOf([rest]);
}

const lineEnd = /\r\n|\r|\n/;
/** The first line by which Excel names an unusual delimiter. */
const separatorLine = /^\ufeff?"?sep=([,;\t|])"?$/i;

interface Layout {
  readonly delimiter: string;
  /** From 1: the line that names the columns, unless blank ones come before it. */
  readonly headerLine: number;
}

/** Finds the delimiter: programs that write a decimal comma use semicolons. */
function layoutOf(start: string): Layout {
  const [first = "", second = ""] = start.split(lineEnd, 2);
  const said = separatorLine.exec(first)?.[1];
  if (said !== undefined) return { delimiter: said, headerLine: 2 };
  const header = first.trim() === "" ? second : first;
  const count = (sign: string) => header.split(sign).length;
  return {
    delimiter: [",", ";", "\t"].reduce((best, sign) => (count(sign) > count(best) ? sign : best)),
    headerLine: 1,
  };
}

async function* readCsv({ path, event, onRejected }: SubmissionFileOptions): AsyncGenerator<Row, void, undefined> {
  let start = "";
  for await (const chunk of readText(path)) {
    start += chunk;
    if (start.split(lineEnd, 3).length > 2 || start.length > maxRowCharacters) break;
  }
  const { delimiter, headerLine } = layoutOf(start);
  const parser = parse({
    bom: true,
    delimiter,
    from_line: headerLine,
    info: true,
    relax_column_count: true,
    // Inside a cell a quotation mark stands for itself, as in spreadsheets.
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: maxRowCharacters,
  });
  void feed(path, parser);
  let columns: Columns | undefined;
  let countedTwice = 0;
  for await (const { record, info } of parsed(path, parser)) {
    const cells = record.join("");
    // The parser counts a CRLF inside quotation marks as two line ends.
    countedTwice += cells.split("\r\n").length - 1;
    const line = info.lines - countedTwice - (cells.split(lineEnd).length - 1);
    // Spreadsheets also write the delimiters of an empty row.
    if (cells.trim() === "") continue;
    if (columns === undefined) {
      columns = readHeader(record, event, delimiter, (why) => unusable(path, why));
      continue;
    }
    const row = columns.read(record);
    if ("reasons" in row) onRejected({ line, reasons: row.reasons });
    else yield { line, submission: row.submission };
  }
  if (columns === undefined) throw unusable(path, "it is empty.");
}

/** A quotation mark that is never closed swallows all rows after it, so no single row can be rejected for it. */
async function* parsed(path: string, parser: ReturnType<typeof parse>) {
  try {
    yield* parser as AsyncIterable<{ record: string[]; info: Info }>;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw unusable(path, `in row ${Number(cause.records) + 1} a quotation mark is not closed (${cause.code}).`, cause);
  }
}

/** Writes the file into the parser; an error of reading destroys the parser with it. */
async function feed(path: string, parser: ReturnType<typeof parse>): Promise<void> {
  try {
    for await (const chunk of readText(path)) {
      if (!parser.write(chunk)) await new Promise((resolve) => parser.once("drain", resolve));
    }
    parser.end();
  } catch (error) {
    parser.destroy(error as Error);
  }
}

/**
 * Reads the whole file once, so that what makes it unusable is found before anything is sent.
 * @returns how many rows there are to be sent
 * @throws TURNOUT_USAGE_INVALID naming what is wrong
 */
export async function countSubmissions(options: Omit<SubmissionFileOptions, "onRejected">): Promise<number> {
  let count = 0;
  for await (const _ of readSubmissions({ ...options, onRejected() {} })) count += 1;
  return count;
}

/**
 * @returns the rows as they are to be sent, in the file's order
 * @throws TURNOUT_USAGE_INVALID when the file cannot be read, is not UTF-8, or its header names no columns of the event
 */
export async function* readSubmissions(options: SubmissionFileOptions): AsyncGenerator<LoadItem, void, undefined> {
  const { path } = options;
  const kind = extname(path).toLowerCase();
  const jsonLines = kind === ".jsonl" || kind === ".ndjson";
  if (!jsonLines && kind !== ".csv") throw unusable(path, "its name must end with .csv, .jsonl or .ndjson.");
  const rows = jsonLines ? readJsonLines(options) : readCsv(options);
  for await (const { line, submission } of rows) {
    yield {
      submission: submission as LoadItem["submission"],
      idempotencyKey: randomUUID(),
      kind: "row of a file",
      line,
    };
  }
}
