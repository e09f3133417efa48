/**
 * What the template says of the deployed event file: the fields, by which `npm run deploy` and `turnout event check` tell
 * what another file means for registrations that are stored already.
 */
import type { EventDefinition } from "../shared/registration/event-definition.ts";

/** Of the 1 MB that a template may have; event files have a few thousand. */
const maxRecordLength = 200_000;

/** CloudFormation returns a question mark for each other character of a template. */
function inAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** @returns the template's metadata: the fields as JSON in a text; nothing for an event with too many of them */
export function eventRecord({ fields }: EventDefinition): Record<string, string> {
  const record = inAscii(JSON.stringify(fields));
  return record.length > maxRecordLength ? {} : { "turnout:event-fields": record };
}
