/**
 * Reads registrations from a file, row by row: CSV with a header, or JSON Lines. Whether a row is a valid registration is
 * the front door's to say; here is only refused what cannot be read at all.
 */
import { createReadStream } from "node:fs";
import { randomUUID } from "node:crypto";
import { extname } from "node:path";
import { CsvError, parse, type Info } from "csv-parse";
import { TurnoutError } from "../../shared/errors.ts";
import type { EventDefinition, EventField } from "../../shared/event-definition.ts";
import type { LoadItem } from "./load-item.ts";

export interface RefusedRow {
  /** From 1, the header of a CSV file included. Of a row over several lines the first one. */
  readonly line: number;
  readonly reasons: readonly string[];
}

export interface SubmissionFileOptions {
  /** Path; its name ends with .csv, .jsonl or .ndjson. */
  readonly path: string;
  /** Names the columns of a CSV file that hold answers. */
  readonly event: EventDefinition;
  onRefused(row: RefusedRow): void;
}

type Row = { readonly line: number; readonly submission: unknown };

const maxRowCharacters = 65_536;
const chunkBytes = 1 << 18;

function unusable(path: string, why: string, cause?: unknown): TurnoutError {
  return new TurnoutError("TURNOUT_USAGE_INVALID", `The file ${path} cannot be used: ${why}`, { cause });
}

/** @throws TURNOUT_USAGE_INVALID when it is not UTF-8: names would be stored in a form that nobody wrote */
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

async function* readJsonLines(
  path: string,
  onRefused: (row: RefusedRow) => void,
): AsyncGenerator<Row, void, undefined> {
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
        onRefused({ line, reasons: ["is not JSON"] });
        continue;
      }
      if (typeof submission === "object" && submission !== null && !Array.isArray(submission))
        yield { line, submission };
      else onRefused({ line, reasons: ["is no JSON object with email and name"] });
    }
  }
  // Split here and not by node:readline, which also ends a line at U+2028, and an answer may hold that.
  for await (const chunk of readText(path)) {
    const texts = (rest + chunk).split("\n");
    rest = texts.pop() ?? "";
    yield* rowsOf(texts);
  }
  yield* rowsOf([rest]);
}

const yes = new Set(["true", "yes", "y", "1", "x", "on"]);
const no = new Set(["false", "no", "n", "0", "off"]);
const decimal = /^[+-]?\d+(\.\d+)?$/;

/** @returns the answer in the field's type; where the cell holds none, the text as it is, for the front door to refuse */
function answerOf(field: EventField, cell: string): string | number | boolean {
  const text = cell.trim();
  if (field.type === "number" && decimal.test(text)) return Number(text);
  if (field.type === "checkbox" && yes.has(text.toLowerCase())) return true;
  if (field.type === "checkbox" && no.has(text.toLowerCase())) return false;
  return field.type === "select" ? text : cell;
}

interface Columns {
  readonly count: number;
  submissionOf(cells: readonly string[]): unknown;
}

function readHeader(path: string, header: readonly string[], event: EventDefinition): Columns {
  const names = header.map((name) => name.trim());
  const email = names.findIndex((name) => name.toLowerCase() === "email");
  const name = names.findIndex((text) => text.toLowerCase() === "name");
  const fields = new Map<number, EventField>();
  const faults = [
    ...(email < 0 ? ["it has no column email"] : []),
    ...(name < 0 ? ["it has no column name"] : []),
    ...names.filter((text, index) => names.indexOf(text) < index).map((text) => `it has two columns ${text}`),
  ];
  for (const [index, text] of names.entries()) {
    if (index === email || index === name) continue;
    const field = event.fields.find(({ id }) => id === text);
    if (field === undefined) faults.push(`the event has no field ${JSON.stringify(text)}`);
    else fields.set(index, field);
  }
  if (faults.length > 0) {
    const known = ["email", "name", ...event.fields.map(({ id }) => id)].join(", ");
    throw unusable(path, `${faults.join("; ")}. Its first line must name its columns, of these: ${known}.`);
  }
  return {
    count: names.length,
    submissionOf(cells) {
      const answers: Record<string, string | number | boolean> = {};
      for (const [index, field] of fields) {
        const cell = cells[index] ?? "";
        if (cell.trim() !== "") answers[field.id] = answerOf(field, cell);
      }
      return { email: cells[email], name: cells[name], answers };
    },
  };
}

/** Which sign parts the columns: programs that write a decimal comma part them by semicolons. */
function delimiterOf(header: string): string {
  const count = (sign: string) => header.split(sign).length;
  return [",", ";", "\t"].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

async function* readCsv({ path, event, onRefused }: SubmissionFileOptions): AsyncGenerator<Row, void, undefined> {
  let head = "";
  for await (const chunk of readText(path)) {
    head += chunk;
    if (head.includes("\n") || head.length > maxRowCharacters) break;
  }
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(head.split("\n", 1)[0] ?? ""),
    info: true,
    relax_column_count: true,
    // A quotation mark inside a cell is itself, as spreadsheets take it too.
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: maxRowCharacters,
  });
  void feed(path, parser);
  let columns: Columns | undefined;
  let countedTwice = 0;
  for await (const { record, info } of parsed(path, parser)) {
    const cells = record.join("");
    // The parser takes a CRLF inside quotation marks for two line ends.
    countedTwice += cells.split("\r\n").length - 1;
    const line = info.lines - countedTwice - (cells.split(lineEnd).length - 1);
    if (columns === undefined) {
      columns = readHeader(path, record, event);
      continue;
    }
    if (record.length === columns.count) yield { line, submission: columns.submissionOf(record) };
    else onRefused({ line, reasons: [`has ${record.length} cells, and the header ${columns.count}`] });
  }
  if (columns === undefined) throw unusable(path, "it is empty.");
}

const lineEnd = /\r\n|\r|\n/;

/** A quotation mark that is never closed swallows every row after it, so that no row can be refused alone. */
async function* parsed(path: string, parser: ReturnType<typeof parse>) {
  try {
    yield* parser as AsyncIterable<{ record: string[]; info: Info }>;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw unusable(path, `in row ${Number(cause.records) + 1} a quotation mark is not closed (${cause.code}).`, cause);
  }
}

/** Writes the file into the parser; a file that cannot be read ends the rows with that error. */
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
 * Reads the whole file once without sending anything, so that what makes all of it unusable is found out beforehand.
 * @returns how many rows there are to be sent
 * @throws TURNOUT_USAGE_INVALID naming what is wrong
 */
export async function countSubmissions(options: Omit<SubmissionFileOptions, "onRefused">): Promise<number> {
  let count = 0;
  for await (const _ of readSubmissions({ ...options, onRefused() {} })) count += 1;
  return count;
}

/**
 * @returns the rows as they are to be sent, in the file's order
 * @throws TURNOUT_USAGE_INVALID when the file cannot be read, is not UTF-8, or its header names no columns of the event
 */
export async function* readSubmissions(options: SubmissionFileOptions): AsyncGenerator<LoadItem, void, undefined> {
  const { path, onRefused } = options;
  const kind = extname(path).toLowerCase();
  const jsonLines = kind === ".jsonl" || kind === ".ndjson";
  if (!jsonLines && kind !== ".csv") throw unusable(path, "its name must end with .csv, .jsonl or .ndjson.");
  const rows = jsonLines ? readJsonLines(path, onRefused) : readCsv(options);
  for await (const { line, submission } of rows) {
    yield {
      submission: submission as LoadItem["submission"],
      idempotencyKey: randomUUID(),
      kind: "row of a file",
      line,
    };
  }
}
