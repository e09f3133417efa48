/** Reads files of `registrations export` back, row by row, as they were stored. */
import { createReadStream } from "node:fs";
import { extname } from "node:path";
import { parse } from "csv-parse";
import { TurnoutError } from "../../shared/errors.ts";
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import { unguardFormulas } from "./csv.ts";
import { choicesOf, fieldOfColumn, recordAttributes, restColumn } from "./file-columns.ts";
import type { SeenRegistration } from "./registration-source.ts";

type Answers = Record<string, string | number | boolean | string[]>;

const jsonEndings: ReadonlySet<string> = new Set([".jsonl", ".ndjson"]);
const ownColumns: ReadonlySet<string> = new Set(["email", "name", ...recordAttributes]);

function unusable(path: string, why: string, cause?: unknown): TurnoutError {
  return new TurnoutError("TURNOUT_USAGE_INVALID", `The file ${path} cannot be used: ${why}`, { cause });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsedRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Not by node:readline, which also ends a line at U+2028, and an answer may hold that. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of createReadStream(path, "utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest;
}

async function* readJsonLines(path: string): AsyncGenerator<SeenRegistration> {
  let line = 0;
  for await (const text of linesOf(path)) {
    line += 1;
    if (text.trim() === "") continue;
    const registration = parsedRecord(text);
    if (typeof registration?.email !== "string") throw unusable(path, `line ${line} is no registration.`);
    yield registration;
  }
}

function answerOf(type: EventField["type"] | undefined, cell: string): Answers[string] {
  switch (type) {
    case "number":
      return Number.isNaN(Number(cell)) ? cell : Number(cell);
    case "choices":
      return choicesOf(cell);
    case "checkbox":
      return cell === "true" ? true : cell === "false" ? false : cell;
    default:
      return cell;
  }
}

/** @param types of the event's fields by their ids */
function registrationOf(row: Readonly<Record<string, string>>, types: ReadonlyMap<string, EventField["type"]>) {
  const { email, name, registrationId, submittedAt, [restColumn]: rest } = row;
  const answers: Answers = { ...(rest ? (parsedRecord(unguardFormulas(rest)) as Answers) : {}) };
  for (const [column, cell] of Object.entries(row)) {
    const renamed = fieldOfColumn(column);
    if (cell === "" || column === restColumn || (renamed === undefined && ownColumns.has(column))) continue;
    const id = renamed ?? column;
    answers[id] = answerOf(types.get(id), unguardFormulas(cell));
  }
  return { email, name: name && unguardFormulas(name), registrationId, submittedAt, answers } as SeenRegistration;
}

async function* readCsv(path: string, event: EventDefinition | undefined): AsyncGenerator<SeenRegistration> {
  const types = new Map(event?.fields.map(({ id, type }) => [id, type]));
  const parser = parse({ bom: true, columns: true, relax_column_count: true, skip_empty_lines: true });
  const source = createReadStream(path);
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const row of parser as AsyncIterable<Record<string, string>>) {
      if (row.email === undefined) throw unusable(path, "its first line names no column email.");
      yield registrationOf(row, types);
    }
  } finally {
    source.destroy();
  }
}

/**
 * @param path whose name ends with .csv, .jsonl or .ndjson
 * @param event says which columns of a CSV file hold numbers, ticks and several choices; without it all answers are texts
 * @throws TURNOUT_USAGE_INVALID when it cannot be read or is no export
 */
export async function* readExport(path: string, event: EventDefinition | undefined): AsyncGenerator<SeenRegistration> {
  const kind = extname(path).toLowerCase();
  if (kind !== ".csv" && !jsonEndings.has(kind))
    throw unusable(path, "its name must end with .csv, .jsonl or .ndjson.");
  try {
    yield* kind === ".csv" ? readCsv(path, event) : readJsonLines(path);
  } catch (cause) {
    if (cause instanceof TurnoutError || !(cause instanceof Error)) throw cause;
    throw unusable(path, cause.message, cause);
  }
}
