/** The code of `edge-request.js` for one event: with the event's languages in the place of those in the file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { hasChoiceOfLanguages, languagesOf } from "../shared/registration/event-translation.ts";

const source = readFileSync(join(import.meta.dirname, "edge-request.js"), "utf8");

/** @throws when the file has no line for a value */
export function edgeRequestCode(event: EventDefinition): string {
  const values = { languages: languagesOf(event), hasChoice: hasChoiceOfLanguages(event) };
  return Object.entries(values).reduce((code, [name, value]) => {
    const line = new RegExp(`^var ${name} = .*;$`, "m");
    if (!line.test(code)) throw new Error(`edge-request.js has no variable ${name}.`);
    return code.replace(line, `var ${name} = ${JSON.stringify(value)};`);
  }, source);
}
