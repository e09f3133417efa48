/** Reads an iCalendar file as RFC 5545 says, strictly and without the library that wrote it. */

export interface CalendarProperty {
  /** Name with its parameters, such as `URL;VALUE=URI`. */
  readonly name: string;
  /** Of a text: unescaped. */
  readonly value: string;
}

const maxLineOctets = 75;
const textProperties = new Set(["SUMMARY", "LOCATION", "DESCRIPTION"]);

function unescaped(text: string): string {
  if (/(?<!\\)(?:\\\\)*[,;]/.test(text)) throw new Error(`a comma or semicolon is not escaped: ${text}`);
  return text.replace(/\\(.)/gs, (_, character: string) => {
    if (character === "n" || character === "N") return "\n";
    if (!/[\\;,]/.test(character)) throw new Error(`nothing to escape: ${character}`);
    return character;
  });
}

/**
 * @returns the properties, in order
 * @throws for a line that is too long, has no proper end or no name
 */
export function readCalendar(text: string): CalendarProperty[] {
  if (!text.endsWith("\r\n")) throw new Error("the last line has no end");
  const lines = text.slice(0, -2).split("\r\n");
  for (const line of lines) {
    if (/[\r\n\u2028\u2029]/.test(line)) throw new Error(`a bare line end: ${JSON.stringify(line)}`);
    if (Buffer.byteLength(line) > maxLineOctets) throw new Error(`a line is too long: ${line}`);
    if (!line.isWellFormed()) throw new Error(`a character is cut: ${JSON.stringify(line)}`);
  }
  return text
    .slice(0, -2)
    .replaceAll("\r\n ", "")
    .split("\r\n")
    .map((line) => {
      const [, name = "", value = ""] = /^([A-Z-]+(?:;[A-Z-]+=[^:;]+)*):(.*)$/s.exec(line) ?? [];
      if (name === "") throw new Error(`no property: ${line}`);
      return { name, value: textProperties.has(name) ? unescaped(value) : value };
    });
}

/** @returns the value of the only property of that name; undefined when there is none */
export function calendarValue(properties: readonly CalendarProperty[], name: string): string | undefined {
  const found = properties.filter((property) => property.name === name);
  if (found.length > 1) throw new Error(`${name} is there ${found.length} times`);
  return found[0]?.value;
}
