/** Makes an event file out of a few answers, and writes it. */
import { writeFile } from "node:fs/promises";
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import { parseEvent } from "../../shared/registration/event-definition.ts";

export interface EventAnswers {
  readonly name: string;
  readonly description: string;
  /** Of its texts. */
  readonly language: string;
  readonly timeZone: string;
  /** Instants with offset. */
  readonly opensAt: string;
  readonly closesAt: string;
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
  readonly venue?: string | undefined;
  /** As `readQuestion` takes them. */
  readonly questions: readonly string[];
}

const maxIdLength = 40;

/** @returns a field's id that says what it asks, in camel case; `question` with a number where the script has no Latin letters */
function idOf(label: string, taken: ReadonlySet<string>): string {
  const words = label
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "")
    .map((word, index) =>
      index === 0 ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1).toLowerCase(),
    );
  const joined = words.join("").slice(0, maxIdLength - 3);
  const base = /^[a-z]/.test(joined) ? joined : "question";
  const isFree = (id: string) => !taken.has(id) && !(id in Object.prototype);
  if (base !== "question" && isFree(base)) return base;
  let number = base === "question" ? 1 : 2;
  while (!isFree(`${base}${number}`)) number += 1;
  return `${base}${number}`;
}

/**
 * @param text the label; a star after it where an answer is required; options after a colon: `Ticket*: Friday, Saturday`
 */
function readQuestion(text: string, taken: ReadonlySet<string>): EventField {
  const [, before = "", after] = /^(.*?)(?:: *(.*))?$/su.exec(text.trim()) ?? [];
  const isRequired = before.trimEnd().endsWith("*");
  const label = before.replace(/\s*\*\s*$/, "").trim();
  const options = (after ?? "")
    .split(",")
    .map((option) => option.trim())
    .filter((option) => option !== "");
  const base = { id: idOf(label, taken), label, ...(isRequired && { required: true }) };
  return options.length > 0 ? { ...base, type: "select", options } : { ...base, type: "text" };
}

/** @throws TURNOUT_EVENT_INVALID with a pointer to every error */
export function createEvent({ questions, startsAt, endsAt, venue, ...rest }: EventAnswers): EventDefinition {
  const taken = new Set<string>();
  const fields = questions.map((text) => {
    const field = readQuestion(text, taken);
    taken.add(field.id);
    return field;
  });
  const { name, description, language, opensAt, closesAt, timeZone } = rest;
  return parseEvent({
    name,
    description,
    language,
    opensAt,
    closesAt,
    ...(startsAt !== undefined && { startsAt }),
    ...(endsAt !== undefined && { endsAt }),
    ...(venue !== undefined && { venue }),
    timeZone,
    fields,
  });
}

/**
 * @param overwrite whether a file in its place is replaced
 * @returns false where there is one already
 */
export async function writeEventFile(path: string, event: EventDefinition, overwrite: boolean): Promise<boolean> {
  try {
    await writeFile(path, `${JSON.stringify(event, undefined, 2)}\n`, { flag: overwrite ? "w" : "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
